// Says before hours of work what the disk would say after them.
#pragma once

#include <cstdint>
#include <string>

namespace mae {

/// Throws ResourceError when the disk that holds `path` (a file or folder, or a name in a folder
/// that exists) has less than `bytes` free for this user. File systems that do not tell are
/// trusted.
/// output  what the bytes are for, as the user knows it
void require_free_space(const std::string& path, int64_t bytes, const std::string& output);

/// Bytes of a regular file; 0 when there is none.
int64_t bytes_of_file(const std::string& path);

}  // namespace mae
