// Sizes and offsets beyond 4 GiB go into zip64 fields; smaller ones stay where every reader looks.
#include "mae/pth/zip_writer.h"

#include <zlib.h>

#include "mae/pth/little_endian.h"

namespace mae::pth {
namespace {

constexpr uint64_t kAlignment = 64, kLocalBytes = 30;
constexpr uint32_t kFull32 = 0xFFFFFFFF;
constexpr uint16_t kUtf8Names = 0x0800, kFirstOfJanuary1980 = 0x21;

// "FB" is the padding field that torch.save uses.
std::string padding_field(uint64_t bytes) {
  std::string field = "FB";
  append_little(&field, bytes - 4, 2);
  field.resize(bytes, 'Z');
  return field;
}

uint32_t small_or_full(uint64_t value) {
  return value < kFull32 ? static_cast<uint32_t>(value) : kFull32;
}

// Method stored, no time, then CRC-32 and sizes: what local and central headers share.
std::string common_fields(uint16_t needed_version, uint32_t crc, uint64_t bytes) {
  std::string text;
  append_little(&text, needed_version, 2);
  append_little(&text, kUtf8Names, 2);
  append_little(&text, 0, 2);
  append_little(&text, 0, 2);
  append_little(&text, kFirstOfJanuary1980, 2);
  append_little(&text, crc, 4);
  append_little(&text, small_or_full(bytes), 4);
  append_little(&text, small_or_full(bytes), 4);
  return text;
}

std::string zip64_field(const std::string& values) {
  std::string field;
  if (values.empty()) return field;
  append_little(&field, 1, 2);
  append_little(&field, values.size(), 2);
  return field + values;
}

}  // namespace

void ZipWriter::add(const std::string& name, std::string_view data) {
  const auto crc =
      static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
  std::string sizes;
  if (data.size() >= kFull32) {
    append_little(&sizes, data.size(), 8);
    append_little(&sizes, data.size(), 8);
  }
  std::string offset;
  if (offset_ >= kFull32) append_little(&offset, offset_, 8);
  const uint16_t version = sizes.empty() && offset.empty() ? 20 : 45;
  const std::string common = common_fields(version, crc, data.size());

  std::string local_extra = zip64_field(sizes);
  const uint64_t start = offset_ + kLocalBytes + name.size() + local_extra.size() + 4;
  local_extra += padding_field(4 + (kAlignment - start % kAlignment) % kAlignment);
  std::string local = "PK\x03\x04" + common;
  append_little(&local, name.size(), 2);
  append_little(&local, local_extra.size(), 2);

  const std::string central_extra = zip64_field(sizes + offset);
  directory_ += "PK\x01\x02";
  append_little(&directory_, version, 2);
  directory_ += common;
  append_little(&directory_, name.size(), 2);
  append_little(&directory_, central_extra.size(), 2);
  append_little(&directory_, 0, 2);  // comment
  append_little(&directory_, 0, 2);  // disk
  append_little(&directory_, 0, 2);  // internal attributes
  append_little(&directory_, 0, 4);  // external attributes
  append_little(&directory_, small_or_full(offset_), 4);
  directory_ += name + central_extra;
  ++count_;

  write(local + name + local_extra);
  write(data);
}

void ZipWriter::finish() {
  const uint64_t start = offset_, bytes = directory_.size();
  std::string end;
  if (start >= kFull32 || count_ >= 0xFFFF) {
    end += "PK\x06\x06";
    append_little(&end, 44, 8);
    append_little(&end, 45, 2);
    append_little(&end, 45, 2);
    append_little(&end, 0, 4);
    append_little(&end, 0, 4);
    append_little(&end, count_, 8);
    append_little(&end, count_, 8);
    append_little(&end, bytes, 8);
    append_little(&end, start, 8);
    end += "PK\x06\x07";
    append_little(&end, 0, 4);
    append_little(&end, start + bytes, 8);
    append_little(&end, 1, 4);
  }
  const uint64_t short_count = count_ < 0xFFFF ? count_ : 0xFFFF;
  end += "PK\x05\x06";
  append_little(&end, 0, 2);
  append_little(&end, 0, 2);
  append_little(&end, short_count, 2);
  append_little(&end, short_count, 2);
  append_little(&end, bytes, 4);
  append_little(&end, small_or_full(start), 4);
  append_little(&end, 0, 2);
  write(directory_);
  write(end);
}

void ZipWriter::write(std::string_view bytes) {
  file_->write(bytes);
  offset_ += bytes.size();
}

}  // namespace mae::pth
