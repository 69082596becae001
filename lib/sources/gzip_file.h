// Files that may be compressed with gzip, read whole.
#pragma once

#include <cstdint>
#include <string>

namespace mae {

/// Up to `count` bytes from the beginning of a file, as they are stored.
std::string stored_beginning(const std::string& path, int64_t count);

bool is_gzip(const std::string& first_bytes);

/// The same, unpacked where the file is gzip; fewer where the file is shorter.
/// throws DataError  missing, unreadable, corrupt at its beginning
std::string read_beginning(const std::string& path, int64_t count);

/// All bytes, unpacked. Throws DataError: corrupt, truncated, or more than `max_bytes` (a gzip file
/// of a few megabytes can claim gigabytes, so the caller says how much it expects).
std::string read_unpacked(const std::string& path, int64_t max_bytes);

}  // namespace mae
