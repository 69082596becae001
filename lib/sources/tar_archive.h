// The table of contents of a tar file: ustar, pax and GNU names, without unpacking anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mae {

/// A regular file inside an archive.
struct TarMember {
  std::string name;    ///< without a leading "./" or "/"
  int64_t offset = 0;  ///< of its bytes within the archive
  int64_t size = 0;
};

/// Reads all headers. Where a name comes twice the later member counts, as in unpacking. Folders,
/// links and devices are left out. throws DataError  missing, not a tar file, compressed,
/// truncated, a damaged header, sparse members
std::vector<TarMember> read_tar(const std::string& path);

/// Whether a file begins like a tar archive (the magic of ustar, pax and GNU tar).
bool looks_like_tar(const std::string& first_bytes);

}  // namespace mae
