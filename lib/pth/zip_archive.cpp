// APPNOTE's end record, zip64 record, central directory and local headers, in this order.
#include "mae/pth/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "mae/base/error.h"
#include "mae/pth/little_endian.h"

namespace mae::pth {
namespace {

constexpr int64_t kEndBytes = 22, kLocatorBytes = 20, kZip64EndBytes = 56, kLocalBytes = 30,
                  kCentralBytes = 46;
constexpr int64_t kMaxComment = 65535;
constexpr int64_t kMaxDirectoryBytes = int64_t{256} << 20;
constexpr uint32_t kEndSignature = 0x06054b50, kLocatorSignature = 0x07064b50,
                   kZip64EndSignature = 0x06064b50, kCentralSignature = 0x02014b50,
                   kLocalSignature = 0x04034b50;
constexpr uint32_t kFull32 = 0xFFFFFFFF;
constexpr uint16_t kEncrypted = 1, kZip64Extra = 1;

std::string read_bytes(const InputFile& file, int64_t offset, int64_t bytes) {
  std::string text(static_cast<size_t>(bytes), '\0');
  file.read_exactly(offset, text.data(), text.size());
  return text;
}

// What a name may not do: leave the folder it is unpacked into, or end early.
bool is_safe_name(const std::string& name) {
  if (name.empty() || name[0] == '/' || name.find('\0') != std::string::npos ||
      name.find('\\') != std::string::npos) {
    return false;
  }
  return ("/" + name + "/").find("/../") == std::string::npos;
}

// Sizes and offset that did not fit 32 bits, from the extra field of a central entry.
bool take_zip64_sizes(std::string_view extra, int64_t* bytes, int64_t* packed, int64_t* offset) {
  while (extra.size() >= 4) {
    const uint16_t id = little16(extra, 0), length = little16(extra, 2);
    if (extra.size() < 4U + length) return false;
    std::string_view field = extra.substr(4, length);
    extra.remove_prefix(4U + length);
    if (id != kZip64Extra) continue;
    for (int64_t* value : {bytes, packed, offset}) {
      if (*value != static_cast<int64_t>(kFull32)) continue;
      if (field.size() < 8) return false;
      *value = static_cast<int64_t>(little64(field, 0));
      field.remove_prefix(8);
    }
  }
  return true;
}

}  // namespace

ZipArchive::ZipArchive(const std::string& path) : file_(path) {
  const Directory directory = find_directory();
  if (directory.offset < 0 || directory.bytes < 0 || directory.count < 0 ||
      directory.offset > file_.size() || directory.bytes > file_.size() - directory.offset ||
      directory.count > directory.bytes / kCentralBytes) {
    refuse("its directory lies outside the file");
  }
  if (directory.bytes > kMaxDirectoryBytes) refuse("its directory is larger than 256 MiB");
  read_entries(directory);
  check_overlaps(directory.offset);
}

void ZipArchive::read(const Entry& entry, const std::string& name, void* out) const {
  file_.read_exactly(entry.offset, out, static_cast<size_t>(entry.bytes));
  if (entry.crc32 == 0) return;
  const uLong crc = crc32_z(0, static_cast<const Bytef*>(out), static_cast<z_size_t>(entry.bytes));
  if (crc != entry.crc32) {
    throw DataError("entry " + name + " is damaged: its CRC-32 does not match", path(),
                    "copy the file again");
  }
}

ZipArchive::Directory ZipArchive::find_directory() const {
  const int64_t tail_bytes = std::min(file_.size(), kEndBytes + kMaxComment);
  const std::string tail = read_bytes(file_, file_.size() - tail_bytes, tail_bytes);
  for (int64_t at = tail_bytes - kEndBytes; at >= 0; --at) {
    if (little32(tail, at) != kEndSignature) continue;
    if (at + kEndBytes + little16(tail, at + 20) != tail_bytes) continue;
    const int64_t end_offset = file_.size() - tail_bytes + at;
    if (at >= kLocatorBytes && little32(tail, at - kLocatorBytes) == kLocatorSignature)
      return read_zip64_directory(static_cast<int64_t>(little64(tail, at - kLocatorBytes + 8)));
    const Directory found = {little32(tail, at + 16), little32(tail, at + 12),
                             little16(tail, at + 10)};
    if (found.offset > end_offset || found.bytes != end_offset - found.offset)
      refuse("its directory does not end where the archive ends");
    return found;
  }
  throw DataError("is cut short or no .pth file: a zip archive's end record is missing", path(),
                  "copy it again, or save it again with torch.save");
}

ZipArchive::Directory ZipArchive::read_zip64_directory(int64_t end_offset) const {
  if (end_offset < 0 || end_offset > file_.size() - kZip64EndBytes)
    refuse("its zip64 record lies outside the file");
  const std::string end = read_bytes(file_, end_offset, kZip64EndBytes);
  if (little32(end, 0) != kZip64EndSignature) refuse("its zip64 record is missing");
  return {static_cast<int64_t>(little64(end, 48)), static_cast<int64_t>(little64(end, 40)),
          static_cast<int64_t>(little64(end, 32))};
}

void ZipArchive::read_entries(const Directory& directory) {
  const std::string text = read_bytes(file_, directory.offset, directory.bytes);
  const std::string_view all = text;
  size_t at = 0;
  for (int64_t i = 0; i < directory.count; ++i) {
    if (all.size() - at < static_cast<size_t>(kCentralBytes) ||
        little32(all, at) != kCentralSignature) {
      refuse("entry " + std::to_string(i) + " of its directory is damaged");
    }
    const uint16_t flags = little16(all, at + 8), method = little16(all, at + 10);
    const uint16_t name_bytes = little16(all, at + 28), extra_bytes = little16(all, at + 30),
                   comment_bytes = little16(all, at + 32);
    const size_t next = at + kCentralBytes + name_bytes + extra_bytes + comment_bytes;
    if (next > all.size()) refuse("entry " + std::to_string(i) + " of its directory is cut short");
    const std::string name(all.substr(at + kCentralBytes, name_bytes));
    int64_t packed = little32(all, at + 20), bytes = little32(all, at + 24),
            offset = little32(all, at + 42);
    if (!take_zip64_sizes(all.substr(at + kCentralBytes + name_bytes, extra_bytes), &bytes, &packed,
                          &offset)) {
      refuse("entry " + name + " has a damaged zip64 field");
    }
    if (!is_safe_name(name)) refuse("its entry name '" + name + "' is not a plain relative name");
    if ((flags & kEncrypted) != 0) refuse("entry " + name + " is encrypted");
    if (method != 0 || packed != bytes)
      refuse("entry " + name + " is compressed; torch.save stores its entries plain");
    if (bytes < 0 || bytes > file_.size()) refuse("entry " + name + " is larger than the file");
    const Entry entry = {data_offset(offset, name), bytes, little32(all, at + 16)};
    if (!entries_.emplace(name, entry).second) refuse("has two entries named " + name);
    at = next;
  }
}

int64_t ZipArchive::data_offset(int64_t header_offset, const std::string& name) const {
  if (header_offset < 0 || header_offset > file_.size() - kLocalBytes)
    refuse("entry " + name + " lies outside the file");
  const std::string header = read_bytes(file_, header_offset, kLocalBytes);
  const int64_t name_bytes = little16(header, 26), extra_bytes = little16(header, 28);
  const int64_t data = header_offset + kLocalBytes + name_bytes + extra_bytes;
  if (little32(header, 0) != kLocalSignature || data > file_.size() ||
      name_bytes != static_cast<int64_t>(name.size()) ||
      read_bytes(file_, header_offset + kLocalBytes, name_bytes) != name) {
    refuse("entry " + name + " does not match its own header");
  }
  return data;
}

void ZipArchive::check_overlaps(int64_t directory_offset) const {
  std::vector<std::pair<int64_t, int64_t>> ranges;
  for (const auto& [name, entry] : entries_) ranges.emplace_back(entry.offset, entry.bytes);
  std::sort(ranges.begin(), ranges.end());
  for (size_t i = 0; i < ranges.size(); ++i) {
    const int64_t limit = i + 1 < ranges.size() ? ranges[i + 1].first : directory_offset;
    if (ranges[i].second > limit - ranges[i].first) refuse("its entries lie over each other");
  }
}

void ZipArchive::refuse(const std::string& what) const {
  throw DataError("is damaged or not written by torch.save: " + what, path());
}

}  // namespace mae::pth
