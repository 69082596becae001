// The zip container of a `.pth` file, read without trust: stored entries only, so that nothing can
// expand; every offset checked before it is used.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "mae/base/input_file.h"

namespace mae::pth {

class ZipArchive {
 public:
  struct Entry {
    int64_t offset = 0;  ///< of the data within the file
    int64_t bytes = 0;
    uint32_t crc32 = 0;  ///< 0: the writer left it out
  };

  /// Reads the directory, no data. throws DataError  missing, cut short, damaged; compressed or
  /// encrypted entries; two entries of one name or over each other; names that leave the archive
  explicit ZipArchive(const std::string& path);

  const std::string& path() const { return file_.path(); }
  const std::map<std::string, Entry>& entries() const { return entries_; }
  /// The whole entry into `out`. throws DataError  its CRC-32 does not match
  void read(const Entry& entry, const std::string& name, void* out) const;

 private:
  struct Directory {
    int64_t offset = 0, bytes = 0, count = 0;
  };
  Directory find_directory() const;
  Directory read_zip64_directory(int64_t end_offset) const;
  void read_entries(const Directory& directory);
  int64_t data_offset(int64_t header_offset, const std::string& name) const;
  void check_overlaps(int64_t directory_offset) const;
  [[noreturn]] void refuse(const std::string& what) const;

  InputFile file_;
  std::map<std::string, Entry> entries_;
};

}  // namespace mae::pth
