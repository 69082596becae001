#include "mae/sources/utf8_name.h"

#include <cstdint>
#include <cstdio>

namespace mae {
namespace {

/// Length of the valid sequence that begins at `at`, 0 where none does (overlong forms and
/// surrogates are not valid).
size_t sequence_length(const std::string& bytes, size_t at) {
  const auto byte = [&](size_t i) -> uint32_t {
    return at + i < bytes.size() ? static_cast<uint8_t>(bytes[at + i]) : 0;
  };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
  if (length == 0) return 0;
  uint32_t code = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kSmallest[length] || code > 0x10FFFF || surrogate ? 0 : length;
}

}  // namespace

std::string utf8_name(const std::string& bytes) {
  std::string out;
  for (size_t at = 0; at < bytes.size();) {
    const size_t length = sequence_length(bytes, at);
    if (length > 0) {
      out.append(bytes, at, length);
      at += length;
      continue;
    }
    char escaped[5];
    std::snprintf(escaped, sizeof(escaped), "\\x%02X",
                  static_cast<unsigned>(static_cast<uint8_t>(bytes[at++])));
    out += escaped;
  }
  return out;
}

}  // namespace mae
