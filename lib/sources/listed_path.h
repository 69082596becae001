// Paths that stand in a file: someone else may have written it.
#pragma once

#include <string>

namespace mae {

/// The path to open for `entry`, which is relative to the folder of `list`.
/// where  "list.csv:17", for messages
/// throws DataError  empty, holds a zero byte, or is absolute or leads out of the folder while that
/// is not allowed
std::string resolve_listed_path(const std::string& list, const std::string& entry,
                                bool allow_outside, const std::string& where);

}  // namespace mae
