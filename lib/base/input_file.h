// Reading whole inputs safely: regular files only (no FIFO, no device), bounded size, standard input by "-".
#pragma once

#include <cstdint>
#include <string>

namespace mae {

/// Largest file read whole into memory by default, 256 MiB (one image, one list).
constexpr int64_t kMaxInputBytes = int64_t{256} << 20;

/// Bytes of a regular file. Throws DataError: missing, not a regular file, larger than `max_bytes`, unreadable.
std::string read_file(const std::string& path, int64_t max_bytes = kMaxInputBytes);

/// Bytes of standard input up to `max_bytes`; throws DataError past it.
std::string read_standard_input(int64_t max_bytes);

/// Throws DataError when `path` is missing or not a regular file, with the reason in words.
void check_regular_file(const std::string& path);

}  // namespace mae
