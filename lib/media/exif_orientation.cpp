#include "mae/media/exif_orientation.h"

#include <cstring>
#include <string_view>
#include <utility>

#include "mae/base/error.h"
#include "mae/media/tiff_directory.h"

namespace mae {
namespace {

constexpr uint32_t kOrientationTag = 274;
constexpr std::string_view kExifMark("Exif\0\0", 6);

bool has_at(const std::string& bytes, size_t at, std::string_view text) {
  return at <= bytes.size() && bytes.compare(at, text.size(), text) == 0;
}

/// The first APP1 segment that says it is EXIF, before the picture's data begin.
std::string jpeg_exif(const std::string& bytes, const ByteReader& in) {
  for (size_t at = 2;;) {
    while (in.u8(at) != 0xFF) ++at;
    while (in.u8(at) == 0xFF) ++at;
    const uint32_t marker = in.u8(at++);
    constexpr uint32_t kApp1 = 0xE1, kEnd = 0xD9, kScan = 0xDA;
    if (marker == kEnd || marker == kScan) return "";
    const bool is_alone = marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8);
    if (is_alone) continue;
    const uint32_t length = in.big16(at);
    if (marker == kApp1 && has_at(bytes, at + 2, kExifMark)) {
      if (length < 2) return "";
      in.at(at, length);
      return bytes.substr(at + 2, length - 2);
    }
    at += length;
  }
}

std::string png_exif(const std::string& bytes, const ByteReader& in) {
  for (size_t at = 8;; at += size_t{12} + in.big32(at)) {
    if (has_at(bytes, at + 4, "IEND")) return "";
    in.at(at, size_t{8} + in.big32(at));
    if (has_at(bytes, at + 4, "eXIf")) return bytes.substr(at + 8, in.big32(at));
  }
}

std::string webp_exif(const std::string& bytes, const ByteReader& in) {
  for (size_t at = 12; at < bytes.size();) {
    const size_t length = in.little32(at + 4);
    in.at(at + 8, length);
    if (has_at(bytes, at, "EXIF")) return bytes.substr(at + 8, length);
    at += 8 + length + length % 2;
  }
  return "";
}

std::string exif_data(const std::string& bytes, ImageFormat format) {
  const std::string name;
  const ByteReader in(bytes, name);
  if (format == ImageFormat::kJpeg) return jpeg_exif(bytes, in);
  if (format == ImageFormat::kPng) return png_exif(bytes, in);
  if (format == ImageFormat::kWebp) return webp_exif(bytes, in);
  return format == ImageFormat::kTiff ? bytes : "";
}

}  // namespace

int exif_orientation(const std::string& bytes, ImageFormat format) {
  constexpr int kUpright = 1;
  try {
    std::string exif = exif_data(bytes, format);
    if (has_at(exif, 0, kExifMark)) exif.erase(0, kExifMark.size());
    if (exif.empty()) return kUpright;
    const uint32_t orientation = TiffDirectory(exif, "").number(kOrientationTag, kUpright);
    return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : kUpright;
  } catch (const DataError&) {
    return kUpright;  // damaged EXIF data; the picture itself may well be whole
  }
}

Image apply_orientation(const Image& image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  const bool is_transposed = orientation >= 5;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  Image out = image;
  if (is_transposed) std::swap(out.height, out.width);
  const auto pixel_bytes = static_cast<size_t>(image.channels * (image.bit_depth / 8));
  uint8_t* to = out.bytes.data();
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t x = 0; x < out.width; ++x, to += pixel_bytes) {
      const int64_t row = is_transposed ? x : y, column = is_transposed ? y : x;
      const int64_t from_row = from_bottom ? image.height - 1 - row : row;
      const int64_t from_column = from_right ? image.width - 1 - column : column;
      std::memcpy(to,
                  image.bytes.data() +
                      static_cast<size_t>(from_row * image.width + from_column) * pixel_bytes,
                  pixel_bytes);
    }
  }
  return out;
}

}  // namespace mae
