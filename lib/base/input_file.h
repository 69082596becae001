// Reading whole inputs safely: regular files only (no FIFO, no device), bounded size, standard
// input by "-".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mae {

/// Largest file read whole into memory by default, 256 MiB (one image, one list).
constexpr int64_t kMaxInputBytes = int64_t{256} << 20;

/// Bytes of a regular file. Throws DataError: missing, not a regular file, larger than `max_bytes`,
/// unreadable; ResourceError: no file handle is left.
std::string read_file(const std::string& path, int64_t max_bytes = kMaxInputBytes);

/// Bytes of standard input up to `max_bytes`; throws DataError past it.
std::string read_standard_input(int64_t max_bytes);

/// A regular file open for reading; the descriptor is closed on destruction.
class InputFile {
 public:
  /// throws DataError      missing, not a regular file, unreadable
  /// throws ResourceError  no file handle is left
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }  ///< bytes when it was opened
  int descriptor() const { return descriptor_; }
  /// Reads up to `size` bytes at `offset`; 0 at the end. Throws DataError when the disk fails.
  size_t read_some(int64_t offset, void* out, size_t size) const;
  /// Reads exactly `size` bytes at `offset`. Throws DataError when the file is shorter.
  void read_exactly(int64_t offset, void* out, size_t size) const;

 private:
  std::string path_;
  int descriptor_ = -1;
  int64_t size_ = 0;
};

/// Throws DataError when `path` is missing or not a regular file, with the reason in words.
void check_regular_file(const std::string& path);

}  // namespace mae
