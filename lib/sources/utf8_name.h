// File names are bytes; names inside our files are UTF-8.
#pragma once

#include <string>

namespace mae {

/// The text itself where it is valid UTF-8; else every byte that is not part of a valid sequence,
/// and zero bytes, become
/// "\xNN".
std::string utf8_name(const std::string& bytes);

}  // namespace mae
