// Little-endian numbers inside bytes whose bounds the caller has checked. Private to pth.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mae::pth {

inline uint64_t little_endian(std::string_view bytes, size_t at, int count) {
  uint64_t value = 0;
  for (int i = count - 1; i >= 0; --i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<size_t>(i)]);
  return value;
}
inline uint16_t little16(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(little_endian(bytes, at, 2));
}
inline uint32_t little32(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(little_endian(bytes, at, 4));
}
inline uint64_t little64(std::string_view bytes, size_t at) { return little_endian(bytes, at, 8); }

inline void append_little(std::string* bytes, uint64_t value, int count) {
  for (int i = 0; i < count; ++i) *bytes += static_cast<char>(value >> (8 * i) & 0xFF);
}

}  // namespace mae::pth
