// libFuzzer target: lists, tables, archives and IDX files of any bytes are read or refused, with
// all samples that they name. The first byte chooses the kind of file, which is else known by its
// name.
#include <cstdint>
#include <string>

#include "../support/memory_file.h"
#include "mae/base/error.h"
#include "mae/sources/class_labels.h"
#include "mae/sources/delimited_text.h"
#include "mae/sources/file_source.h"
#include "mae/sources/gzip_file.h"
#include "mae/sources/idx_source.h"
#include "mae/sources/tar_source.h"
#include "mae/sources/utf8_name.h"

namespace {

void read_all(const mae::ImageSource& source) {
  mae::DecodeOptions options;
  options.max_pixels = 1 << 16;
  for (int64_t i = 0; i < source.size() && i < 16; ++i) {
    if (mae::utf8_name(source.item(i).name) != source.item(i).name) __builtin_trap();
    try {
      source.load(i, options);
    } catch (const mae::DataError&) {
    }
  }
}

void read_rows(const std::string& text, char separator) {
  std::vector<std::string> labels;
  for (const mae::DelimitedRow& row : mae::parse_delimited(text, separator, "input")) {
    labels.insert(labels.end(), row.fields.begin(), row.fields.end());
  }
  mae::resolve_labels(labels, mae::LabelText::kNumbersWhereAllAre, "input");
}

void read_file_as(int kind, const std::string& bytes) {
  const mae::test::MemoryFile memory(bytes);
  const std::string path = memory.path();
  constexpr int64_t kUnpackedBytes = 1 << 20;
  switch (kind) {
    case 0:
      mae::read_list_file(path, /*allow_outside=*/false);
      break;
    case 1:
      mae::read_table_file(path, /*allow_outside=*/false);
      break;
    case 2:
      read_all(*mae::open_tar_source(path, path, ""));
      break;
    case 3:
      read_all(*mae::open_idx_source(path));
      break;
    default:
      mae::read_unpacked(path, kUnpackedBytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const int kind = data[0] % 7;
    if (kind == 5) {
      read_rows(bytes, ',');
    } else if (kind == 6) {
      read_rows(bytes, '\t');
    } else {
      read_file_as(kind, bytes);
    }
  } catch (const mae::Error&) {
  }
  return 0;
}
