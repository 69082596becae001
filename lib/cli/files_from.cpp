#include "mae/cli/files_from.h"

#include <algorithm>

#include "mae/base/error.h"
#include "mae/base/input_file.h"

namespace mae::cli {

std::vector<std::string> split_file_list(const std::string& text, bool null_separated) {
  const char separator = null_separated ? '\0' : '\n';
  std::vector<std::string> names;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    std::string name = text.substr(begin, end - begin);
    if (!null_separated && !name.empty() && name.back() == '\r') name.pop_back();
    if (!name.empty()) names.push_back(std::move(name));
    begin = end + 1;
  }
  return names;
}

std::vector<std::string> read_file_list(const std::string& path, bool null_separated) {
  const std::string where = path == "-" ? "standard input" : path;
  const auto names = split_file_list(
      path == "-" ? read_standard_input(kMaxInputBytes) : read_file(path), null_separated);
  if (names.empty()) {
    throw DataError("the list of files is empty", where, "write one path a line");
  }
  const bool has_zero = !null_separated && names.front().find('\0') != std::string::npos;
  if (has_zero) {
    throw DataError("the list is separated by zero bytes", where, "add -0 to --files-from");
  }
  return names;
}

}  // namespace mae::cli
