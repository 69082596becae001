// Reads numbers out of untrusted bytes; past the end it answers with an error, never with memory.
#pragma once

#include <cstdint>
#include <string>

#include "mae/base/error.h"

namespace mae {

/// Bounds-checked view of a file's bytes. Every method throws DataError naming the file when the
/// data end early.
class ByteReader {
 public:
  ByteReader(const std::string& bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  size_t size() const { return bytes_.size(); }
  const uint8_t* at(size_t offset, size_t count) const {
    if (offset > bytes_.size() || count > bytes_.size() - offset) {
      throw DataError("the file ends early, inside its header", name_);
    }
    return reinterpret_cast<const uint8_t*>(bytes_.data()) + offset;
  }
  uint32_t u8(size_t offset) const { return at(offset, 1)[0]; }
  uint32_t big16(size_t offset) const { return u8(offset) << 8 | u8(offset + 1); }
  uint32_t big32(size_t offset) const { return big16(offset) << 16 | big16(offset + 2); }
  uint32_t little16(size_t offset) const { return u8(offset) | u8(offset + 1) << 8; }
  uint32_t little24(size_t offset) const { return little16(offset) | u8(offset + 2) << 16; }
  uint32_t little32(size_t offset) const { return little16(offset) | little16(offset + 2) << 16; }

 private:
  const std::string& bytes_;
  const std::string& name_;
};

}  // namespace mae
