// Lists, tables, archives and IDX files of a stranger (--untrusted) are read once in a confined
// child before this process reads them. Private to sources.
#pragma once

#include <functional>
#include <string>

#include "mae/base/confined_child.h"
#include "mae/base/input_policy.h"

namespace mae {

/// Where inputs are a stranger's, runs `parse`, which reads the file at `path` and nothing else, in
/// a confined child; else, and in such a child, does nothing.
/// aspect  which reader it is, since some look at the beginning only
/// throws what `parse` throws; DataError when the child crashed or ran into a limit
inline void look_first(const std::string& path, const std::string& aspect,
                       const std::function<void()>& parse) {
  if (input_policy().untrusted) check_file_in_child(path, path, aspect, parse);
}

}  // namespace mae
