#include "mae/media/image_header.h"

#include <cstdlib>
#include <string_view>

#include "mae/media/byte_reader.h"
#include "mae/media/tiff_directory.h"

namespace mae {
namespace {

bool has_at(const std::string& bytes, size_t offset, std::string_view text) {
  return bytes.size() >= offset + text.size() && bytes.compare(offset, text.size(), text) == 0;
}

/// Walks the markers up to the first frame header (SOF).
Size2d jpeg_size(const ByteReader& in, const std::string& name) {
  for (size_t at = 2;;) {
    while (in.u8(at) != 0xFF) ++at;  // libjpeg, too, skips garbage between markers
    while (in.u8(at) == 0xFF) ++at;
    const uint32_t marker = in.u8(at++);
    const bool is_frame =
        marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (is_frame) return {in.big16(at + 3), in.big16(at + 5)};
    if (marker == 0xD9 || marker == 0xDA) {
      throw DataError("the JPEG has no frame header", name, "the file is damaged; export it again");
    }
    const bool is_alone = marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
    if (!is_alone) at += in.big16(at);
  }
}

Size2d webp_size(const ByteReader& in, const std::string& name) {
  const std::string chunk(reinterpret_cast<const char*>(in.at(12, 4)), 4);
  if (chunk == "VP8 ") return {in.little16(28) & 0x3FFF, in.little16(26) & 0x3FFF};
  if (chunk == "VP8L") {
    const uint32_t bits = in.little32(21);
    return {(bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1};
  }
  if (chunk != "VP8X") throw DataError("the WebP file has no picture in it", name);
  constexpr uint32_t kAnimationFlag = 2;
  if (in.u8(20) & kAnimationFlag) {
    throw DataError("animated WebP is not supported", name, "extract one frame as PNG");
  }
  return {int64_t{in.little24(27)} + 1, int64_t{in.little24(24)} + 1};
}

Size2d bmp_size(const ByteReader& in) {
  constexpr uint32_t kOldHeaderBytes = 12;
  if (in.little32(14) == kOldHeaderBytes) return {in.little16(20), in.little16(18)};
  const auto height =
      static_cast<int32_t>(in.little32(22));  // negative: rows run from the top down
  return {std::abs(int64_t{height}), static_cast<int32_t>(in.little32(18))};
}

/// Size from the first directory; refuses the kinds whose colours OpenCV would get wrong.
Size2d tiff_size(const std::string& bytes, const std::string& name) {
  constexpr uint32_t kWidth = 256, kHeight = 257, kPhotometric = 262, kCmyk = 5, kYCbCr = 6;
  const TiffDirectory directory(bytes, name);
  const uint32_t photometric = directory.number(kPhotometric, 0);
  if (photometric >= kCmyk && photometric != kYCbCr) {
    throw DataError("TIFF in CMYK, Lab or another rare colour space is not supported", name,
                    "convert it to RGB");
  }
  return {directory.number(kHeight, 0), directory.number(kWidth, 0)};
}

/// Width, height and largest value of a binary PBM, PGM or PPM; comments are skipped.
Size2d pnm_size(const ByteReader& in, const std::string& name) {
  size_t at = 2;
  const auto next_number = [&] {
    while (in.u8(at) <= ' ' || in.u8(at) == '#') {
      if (in.u8(at++) == '#') {
        while (in.u8(at) != '\n') ++at;
      }
    }
    int64_t value = 0;
    for (; in.u8(at) >= '0' && in.u8(at) <= '9'; ++at) {
      value = value * 10 + (in.u8(at) - '0');
      if (value > INT32_MAX) throw DataError("a number in the PNM header is too large", name);
    }
    if (in.u8(at) > ' ') throw DataError("the PNM header is damaged", name);
    return value;
  };
  const int64_t width = next_number();
  const int64_t height = next_number();
  if (in.u8(1) != '4') {
    const int64_t largest = next_number();
    if (largest != 255 && largest != 65535) {
      throw DataError("PNM with a largest value of " + std::to_string(largest) +
                          " is not supported; expected 255 or 65535",
                      name, "convert it to PNG");
    }
  }
  return {height, width};
}

Size2d claimed_size(ImageFormat format, const std::string& bytes, const std::string& name) {
  const ByteReader in(bytes, name);
  switch (format) {
    case ImageFormat::kJpeg:
      return jpeg_size(in, name);
    case ImageFormat::kPng:
      return {in.big32(20), in.big32(16)};
    case ImageFormat::kWebp:
      return webp_size(in, name);
    case ImageFormat::kBmp:
      return bmp_size(in);
    case ImageFormat::kTiff:
      return tiff_size(bytes, name);
    case ImageFormat::kPnm:
      return pnm_size(in, name);
  }
  return {};
}

}  // namespace

std::optional<ImageFormat> sniff_image_format(const std::string& bytes) {
  using namespace std::string_view_literals;
  if (has_at(bytes, 0, "\xFF\xD8\xFF"sv)) return ImageFormat::kJpeg;
  if (has_at(bytes, 0, "\x89PNG\r\n\x1A\n"sv)) return ImageFormat::kPng;
  if (has_at(bytes, 0, "RIFF"sv) && has_at(bytes, 8, "WEBP"sv)) return ImageFormat::kWebp;
  if (has_at(bytes, 0, "II*\0"sv) || has_at(bytes, 0, "MM\0*"sv)) return ImageFormat::kTiff;
  if (has_at(bytes, 0, "BM"sv)) return ImageFormat::kBmp;
  if (has_at(bytes, 0, "P4"sv) || has_at(bytes, 0, "P5"sv) || has_at(bytes, 0, "P6"sv)) {
    return ImageFormat::kPnm;
  }
  return std::nullopt;
}

ImageHeader read_image_header(const std::string& bytes, const std::string& name) {
  if (bytes.empty()) throw DataError("the file is empty", name);
  const std::optional<ImageFormat> format = sniff_image_format(bytes);
  if (!format) {
    const std::string other = unsupported_format_name(bytes);
    if (other.empty()) {
      throw DataError("not an image", name, "JPEG, PNG, WebP, BMP, TIFF and binary PNM are read");
    }
    throw DataError(other + " is not supported as an image", name,
                    "convert it to JPEG, PNG, WebP, BMP, TIFF or binary PNM");
  }
  ImageHeader header;
  header.format = *format;
  header.size = claimed_size(*format, bytes, name);
  if (header.size.height < 1 || header.size.width < 1) {
    throw DataError("the " + format_name(*format) + " header claims " + size_text(header.size) +
                        " pixels (height x width)",
                    name);
  }
  return header;
}

std::string format_name(ImageFormat format) {
  switch (format) {
    case ImageFormat::kJpeg:
      return "JPEG";
    case ImageFormat::kPng:
      return "PNG";
    case ImageFormat::kWebp:
      return "WebP";
    case ImageFormat::kBmp:
      return "BMP";
    case ImageFormat::kTiff:
      return "TIFF";
    case ImageFormat::kPnm:
      return "PNM";
  }
  return "image";
}

std::string unsupported_format_name(const std::string& bytes) {
  using namespace std::string_view_literals;
  struct Magic {
    size_t offset;
    std::string_view bytes, name;
  };
  static constexpr Magic kMagics[] = {
      {0, "GIF8"sv, "GIF"sv},
      {4, "ftypavif"sv, "AVIF"sv},
      {4, "ftypheic"sv, "HEIC"sv},
      {4, "ftypmif1"sv, "HEIF"sv},
      {4, "ftypqt"sv, "QuickTime video"sv},
      {4, "ftyp"sv, "MP4 video"sv},
      {0, "\x1A\x45\xDF\xA3"sv, "Matroska video"sv},
      {8, "AVI "sv, "AVI video"sv},
      {4, "jP  \r\n"sv, "JPEG 2000"sv},
      {0, "\xFF\x4F\xFF\x51"sv, "JPEG 2000"sv},
      {4, "JXL "sv, "JPEG XL"sv},
      {0, "\xFF\x0A"sv, "JPEG XL"sv},
      {0, "II+\0"sv, "BigTIFF"sv},
      {0, "MM\0+"sv, "BigTIFF"sv},
      {0, "8BPS"sv, "Photoshop"sv},
      {0, "v/1\x01"sv, "OpenEXR"sv},
      {0, "P1"sv, "plain-text PBM"sv},
      {0, "P2"sv, "plain-text PGM"sv},
      {0, "P3"sv, "plain-text PPM"sv},
      {0, "P7"sv, "PAM"sv},
      {0, "PF\n"sv, "PFM"sv},
      {0, "Pf\n"sv, "PFM"sv},
      {0, "\0\0\1\0"sv, "Windows icon"sv},
      {0, "<svg"sv, "SVG"sv},
      {0, "%PDF"sv, "PDF"sv},
      {0, "\x89HDF\r\n\x1A\n"sv, "HDF5"sv},
      {0, "\x1F\x8B"sv, "gzip data"sv},
      {0, "\x28\xB5\x2F\xFD"sv, "Zstandard data"sv},
      {0, "PK\3\4"sv, "a zip archive"sv},
      {0, "<!DOCTYPE"sv, "HTML"sv},
      {0, "<html"sv, "HTML"sv},
  };
  for (const Magic& magic : kMagics) {
    if (has_at(bytes, magic.offset, magic.bytes)) return std::string(magic.name);
  }
  return "";
}

}  // namespace mae
