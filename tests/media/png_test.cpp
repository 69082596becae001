// encode_png and the check that stands before libpng.
#include <gtest/gtest.h>
#include <zlib.h>

#include "mae/base/error.h"
#include "mae/media/image_decode.h"
#include "mae/media/png_check.h"
#include "pictures.h"

namespace mae {
namespace {

TEST(EncodePng, RoundTripKeepsEveryPixel) {
  for (const int channels : {1, 3, 4}) {
    Image image = image_of(7, 5, channels, {});
    for (int i = 0; i < 7 * 5 * channels; ++i) image.bytes.push_back(static_cast<uint8_t>(i * 37));
    DecodeOptions options;
    options.channels = channels;
    const std::string png = encode_png(image);
    EXPECT_EQ(decode_image(png, "png", options).bytes, image.bytes) << channels;
    EXPECT_EQ(encode_png(image), png) << "equal pixels, equal bytes";
  }
}

// Orientation, colour profiles and text are what libpng complains about most; none of them reaches
// it.
TEST(CheckPng, OtherChunksAreLeftOut) {
  const std::string png = golden_bytes("pictures/rgb.png");
  std::string chunk("\0\0\0\x0D", 4);
  chunk += std::string("tEXtComment\0hello", 17);
  const auto checksum = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(chunk.data() + 4), static_cast<uInt>(17)));
  for (int shift = 24; shift >= 0; shift -= 8)
    chunk.push_back(static_cast<char>(checksum >> shift));
  constexpr size_t kAfterHeader = 33;
  const std::string with_text = png.substr(0, kAfterHeader) + chunk + png.substr(kAfterHeader);
  const std::string plain = check_png(with_text, "png", false);
  EXPECT_EQ(plain.find("tEXt"), std::string::npos);
  EXPECT_EQ(decode_image(plain, "plain", {}).bytes, golden_image("pictures/rgb.png").bytes);
  EXPECT_EQ(check_png(plain, "plain", false), plain);
}

TEST(CheckPng, TransparencyIsKeptOnlyOnRequest) {
  const std::string png = golden_bytes("pictures/palette_transparent.png");
  ASSERT_NE(png.find("tRNS"), std::string::npos);
  EXPECT_EQ(check_png(png, "png", false).find("tRNS"), std::string::npos);
  EXPECT_NE(check_png(png, "png", true).find("tRNS"), std::string::npos);
}

TEST(CheckPng, PaletteIsFilledUp) {
  const std::string png = golden_bytes("pictures/palette4.png");
  const size_t before = png.find("PLTE");
  ASSERT_EQ(static_cast<uint8_t>(png[before - 1]), 7 * 3);
  const std::string plain = check_png(png, "png", false);
  EXPECT_EQ(static_cast<uint8_t>(plain[plain.find("PLTE") - 1]), 16 * 3);
}

}  // namespace
}  // namespace mae
