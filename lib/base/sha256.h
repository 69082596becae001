// SHA-256 (FIPS 180-4), for digests that shall also tell forgery from damage. The fast digest of
// all files is XXH3 (digest.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace mae {

/// Digest of bytes that arrive in pieces.
class Sha256 {
 public:
  void update(const void* data, size_t size);
  /// "sha256:" and 64 hexadecimal digits. Ends the message: no update() may follow.
  std::string text();

 private:
  void compress(const uint8_t* block);

  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> block_{};
  size_t filled_ = 0;   // bytes of block_
  uint64_t bytes_ = 0;  // in all
};

/// Of a regular file's bytes. Throws DataError when it cannot be read.
std::string sha256_of_file(const std::string& path);

}  // namespace mae
