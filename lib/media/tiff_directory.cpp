#include "mae/media/tiff_directory.h"

namespace mae {
namespace {

constexpr uint32_t kByte = 1, kShort = 3, kLong = 4;

/// Bytes of one value; 0 for types that are not whole numbers.
size_t bytes_of_type(uint32_t type) {
  return type == kByte ? 1 : type == kShort ? 2 : type == kLong ? 4 : 0;
}

}  // namespace

TiffDirectory::TiffDirectory(const std::string& bytes, const std::string& name) : in_(bytes, name) {
  const std::string mark = bytes.substr(0, 4);
  little_ = mark == std::string("II*\0", 4);
  if (!little_ && mark != std::string("MM\0*", 4)) throw DataError("no TIFF header", name);
  const size_t directory = u32(4);
  const uint32_t entries = u16(directory);
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + size_t{12} * i;
    Field field;
    field.type = u16(entry + 2);
    field.count = u32(entry + 4);
    const size_t size = bytes_of_type(field.type) * field.count;
    field.at = size <= 4 ? entry + 8 : u32(entry + 8);
    in_.at(entry + 8, 4);
    fields_.emplace(u16(entry), field);
  }
}

std::vector<uint32_t> TiffDirectory::numbers(uint32_t tag) const {
  const auto found = fields_.find(tag);
  if (found == fields_.end() || bytes_of_type(found->second.type) == 0) return {};
  const Field& field = found->second;
  in_.at(field.at, bytes_of_type(field.type) * field.count);  // before memory is taken
  std::vector<uint32_t> values(field.count);
  for (size_t i = 0; i < values.size(); ++i) values[i] = value(field, i);
  return values;
}

uint32_t TiffDirectory::number(uint32_t tag, uint32_t fallback) const {
  const auto found = fields_.find(tag);
  if (found == fields_.end() || found->second.count == 0 ||
      bytes_of_type(found->second.type) == 0) {
    return fallback;
  }
  return value(found->second, 0);
}

void TiffDirectory::put(uint32_t tag, uint32_t number, std::string* copy) const {
  const auto found = fields_.find(tag);
  if (found == fields_.end() || found->second.count == 0) return;
  const size_t at = found->second.at, bytes = bytes_of_type(found->second.type);
  const bool fits = bytes == 4 || number < uint64_t{1} << (8 * bytes);
  if (bytes == 0 || !fits || at > copy->size() || copy->size() - at < bytes) return;
  for (size_t i = 0; i < bytes; ++i) {
    const size_t shift = 8 * (little_ ? i : bytes - 1 - i);
    (*copy)[at + i] = static_cast<char>(number >> shift & 0xff);
  }
}

uint32_t TiffDirectory::value(const Field& field, size_t index) const {
  const size_t at = field.at + index * bytes_of_type(field.type);
  return field.type == kByte ? in_.u8(at) : field.type == kShort ? u16(at) : u32(at);
}

}  // namespace mae
