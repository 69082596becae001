// A PNG is a signature and chunks of length, type, data and CRC-32; IEND, the last one, has no
// data.
#include "mae/report/embedded_provenance.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace mae {
namespace {

constexpr size_t kEndChunkBytes = 12;
constexpr size_t kSignatureBytes = 8;
constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
// Keyword, uncompressed, no language, no translated keyword (PNG specification, 11.3.3.4).
constexpr std::string_view kTextHead("mae-provenance\0\0\0\0\0", 19);
constexpr std::string_view kCommentHead = "<!-- mae-provenance ";
constexpr std::string_view kCommentTail = " -->\n";

uint32_t crc32(std::string_view bytes);
std::string big_endian(uint32_t value);
uint32_t read_big_endian(std::string_view bytes, size_t position);
std::string replace_all(std::string text, std::string_view from, std::string_view to);
std::optional<nlohmann::json> parse(std::string_view text);
std::optional<nlohmann::json> from_png(std::string_view bytes);

}  // namespace

std::string png_with_provenance(const std::string& png, const Provenance& provenance) {
  const std::string body = "iTXt" + std::string(kTextHead) + provenance.to_json();
  const std::string chunk =
      big_endian(static_cast<uint32_t>(body.size() - 4)) + body + big_endian(crc32(body));
  std::string out = png;
  return out.insert(out.size() - kEndChunkBytes, chunk);
}

std::string html_with_provenance(const std::string& html, const Provenance& provenance) {
  // In JSON these characters stand only inside strings, where an escape means the same.
  std::string json = replace_all(provenance.to_json(), "<", "\\u003c");
  json = replace_all(replace_all(json, ">", "\\u003e"), "--", "-\\u002d");
  return html + std::string(kCommentHead) + json + std::string(kCommentTail);
}

std::optional<nlohmann::json> embedded_provenance(const std::string& bytes) {
  if (bytes.compare(0, kSignatureBytes, kPngSignature) == 0) return from_png(bytes);
  const size_t head = bytes.rfind(kCommentHead);
  if (head == std::string::npos) return std::nullopt;
  const size_t begin = head + kCommentHead.size(), end = bytes.find(kCommentTail, begin);
  if (end == std::string::npos) return std::nullopt;
  return parse(std::string_view(bytes).substr(begin, end - begin));
}

namespace {

std::optional<nlohmann::json> from_png(std::string_view bytes) {
  for (size_t position = kSignatureBytes; position + kEndChunkBytes <= bytes.size();) {
    const size_t size = read_big_endian(bytes, position);
    if (size > bytes.size() - position - kEndChunkBytes) return std::nullopt;  // cut off
    const std::string_view data = bytes.substr(position + 8, size);
    if (bytes.substr(position + 4, 4) == "iTXt" && data.substr(0, kTextHead.size()) == kTextHead) {
      return parse(data.substr(kTextHead.size()));
    }
    position += size + kEndChunkBytes;
  }
  return std::nullopt;
}

std::optional<nlohmann::json> parse(std::string_view text) {
  nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// The CRC of zip and PNG, polynomial 0xEDB88320. Bit by bit: a few kilobytes once a file.
uint32_t crc32(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFFu;
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1u) != 0 ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

std::string big_endian(uint32_t value) {
  std::string bytes(4, '\0');
  for (size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(value >> (24 - 8 * i));
  return bytes;
}

uint32_t read_big_endian(std::string_view bytes, size_t position) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[position + i]);
  return value;
}

}  // namespace
}  // namespace mae
