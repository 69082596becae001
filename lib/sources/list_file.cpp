// Lists of paths, one a line, for read_list_file.
#include "mae/base/input_file.h"
#include "mae/sources/file_source.h"
#include "mae/sources/first_look.h"
#include "mae/sources/listed_path.h"

namespace mae {

std::vector<FileEntry> read_list_file(const std::string& path, bool allow_outside) {
  look_first(path, "list", [&] { read_list_file(path, allow_outside); });
  const std::string text = read_file(path);
  std::vector<FileEntry> entries;
  int64_t line_number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    ++line_number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    const std::string where = path + ":" + std::to_string(line_number);
    entries.push_back({resolve_listed_path(path, line, allow_outside, where), line, "", ""});
  }
  return entries;
}

}  // namespace mae
