// Tables of pictures with labels and captions, for read_table_file.
#include <algorithm>
#include <cctype>
#include <optional>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/sources/delimited_text.h"
#include "mae/sources/file_source.h"
#include "mae/sources/first_look.h"
#include "mae/sources/listed_path.h"

namespace mae {
namespace {

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::optional<size_t> find_column(const DelimitedRow& header,
                                  std::initializer_list<const char*> names) {
  for (const char* name : names) {
    for (size_t i = 0; i < header.fields.size(); ++i) {
      if (lower_case(header.fields[i]) == name) return i;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<FileEntry> read_table_file(const std::string& path, bool allow_outside) {
  look_first(path, "table", [&] { read_table_file(path, allow_outside); });
  const bool tabs = path.size() >= 4 && lower_case(path.substr(path.size() - 4)) == ".tsv";
  const std::vector<DelimitedRow> rows = parse_delimited(read_file(path), tabs ? '\t' : ',', path);
  if (rows.empty()) throw DataError("the table is empty", path);
  const auto image = find_column(rows[0], {"image", "video", "path", "file", "filename"});
  const auto label = find_column(rows[0], {"label", "class"});
  const auto caption = find_column(rows[0], {"caption", "text"});
  if (!image) {
    throw DataError("the first line names no column image, video, path, file or filename", path,
                    "add a header line such as image,label,caption");
  }
  std::vector<FileEntry> entries;
  for (size_t r = 1; r < rows.size(); ++r) {
    const std::vector<std::string>& fields = rows[r].fields;
    const std::string where = path + ":" + std::to_string(rows[r].line);
    if (fields.size() != rows[0].fields.size()) {
      throw DataError("the row has " + std::to_string(fields.size()) + " fields; expected " +
                          std::to_string(rows[0].fields.size()),
                      where, "quote fields that hold the separator");
    }
    entries.push_back({resolve_listed_path(path, fields[*image], allow_outside, where),
                       fields[*image], label ? fields[*label] : "",
                       caption ? fields[*caption] : ""});
  }
  return entries;
}

}  // namespace mae
