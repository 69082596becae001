// Content digests: XXH3-128 for integrity and provenance, written "xxh3:" and 32 hexadecimal
// digits.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace mae {

/// Digest of bytes that arrive in pieces.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  void update(const void* data, size_t size);
  std::string text() const;  ///< "xxh3:0123..."; may be called at any time

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string digest_of(const void* data, size_t size);
/// Digest of a regular file's bytes. Throws DataError when it cannot be read.
std::string digest_of_file(const std::string& path);

}  // namespace mae
