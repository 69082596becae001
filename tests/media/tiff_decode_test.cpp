// TIFF of many bands: every layout gives the same numbers, and damage is an error.
#include "mae/media/tiff_decode.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/media/tiff_unpack.h"
#include "pictures.h"

namespace mae {
namespace {

/// The formula of the golden pictures.
int64_t pattern(int64_t y, int64_t x, int64_t c, int bit_depth) {
  const int64_t value = 31 * y + 17 * x + 101 * c + 3;
  return bit_depth == 16 ? value * 251 % 65536 : value % 256;
}

void expect_pattern(const Image& image, int64_t bands, int bit_depth, const std::string& what) {
  ASSERT_EQ(image.height, 19) << what;
  ASSERT_EQ(image.width, 23) << what;
  ASSERT_EQ(image.channels, bands) << what;
  ASSERT_EQ(image.bit_depth, bit_depth) << what;
  for (int64_t i = 0; i < 19 * 23 * bands; ++i) {
    const int64_t expected = pattern(i / bands / 23, i / bands % 23, i % bands, bit_depth);
    const int64_t got = bit_depth == 16 ? image.samples16()[i] : image.bytes[i];
    ASSERT_EQ(got, expected) << what << " sample " << i;
  }
}

std::string reason(const std::string& bytes, int64_t channels = 5) {
  DecodeOptions options;
  options.channels = channels;
  try {
    decode_image(bytes, "name", options);
  } catch (const DataError& error) {
    return error.line();
  }
  return "";
}

TEST(DecodeTiff, FiveBandsInEveryLayout) {
  for (const char* name : {"bands5.tif", "bands5_planar.tif"}) {
    const std::string bytes = golden_bytes("pictures/" + std::string(name));
    const auto image = decode_tiff(bytes, name);
    ASSERT_TRUE(image) << name;
    expect_pattern(*image, 5, 8, name);
  }
  for (const char* name : {"bands5_16_lzw.tif", "bands5_16_tiles.tif"}) {
    const auto image = decode_tiff(golden_bytes("pictures/" + std::string(name)), name);
    ASSERT_TRUE(image) << name;
    expect_pattern(*image, 5, 16, name);
  }
  const auto grey = decode_tiff(golden_bytes("pictures/grey16_big_endian.tif"), "grey");
  ASSERT_TRUE(grey);
  expect_pattern(*grey, 1, 16, "grey");
}

TEST(DecodeTiff, LongLzwStripsUseCodesOfAllWidths) {
  const Image image = golden_image("pictures/noise_lzw.tif");
  ASSERT_EQ(image.bytes.size(), 48u * 48 * 3);
  for (uint32_t i = 0; i < image.bytes.size(); ++i) {
    const uint32_t mixed = i * 2654435761u;
    ASSERT_EQ(image.bytes[i], (mixed ^ mixed >> 15) >> 7 & 255) << i;
  }
}

TEST(DecodeTiff, AlphaDoesNotTouchColours) {
  const Image rgb = golden_image("pictures/rgb.png");
  EXPECT_EQ(golden_image("pictures/rgba_packbits.tif").bytes, rgb.bytes);
  const Image rgba = golden_image("pictures/rgba_packbits.tif", 4);
  EXPECT_EQ(rgba.bytes[4 * 30 + 3], pattern(30 / 23, 30 % 23, 0, 8));
}

TEST(DecodeTiff, PalettesArePillows) {
  const Image expected = golden_image("pictures/palette8_expected.png");
  for (const char* name : {"palette8.tif", "palette8.bmp", "palette8.png"}) {
    EXPECT_EQ(golden_image("pictures/" + std::string(name)).bytes, expected.bytes) << name;
  }
}

TEST(DecodeTiff, ChannelsMustBeTheBands) {
  const std::string bytes = golden_bytes("pictures/bands5.tif");
  EXPECT_EQ(reason(bytes, 5), "");
  EXPECT_NE(reason(bytes, 3).find("name: the picture has 5 channels; expected 3"),
            std::string::npos);
  EXPECT_NE(reason(bytes, 6).find("expected 6"), std::string::npos);
  EXPECT_NE(reason(golden_bytes("pictures/bands5_float.tif")).find("5 bands of an unusual kind"),
            std::string::npos);
}

TEST(DecodeTiff, SixteenBitsBecomeEight) {
  const Image image = golden_image("pictures/bands5_16_lzw.tif", 5);
  ASSERT_EQ(image.bit_depth, 8);
  EXPECT_EQ(image.bytes[2], (pattern(0, 0, 2, 16) + 128) / 257);
}

TEST(DecodeTiff, EveryCutIsAnErrorAndNoFlipIsACrash) {
  for (const char* name : {"bands5.tif", "bands5_planar.tif", "bands5_16_lzw.tif",
                           "bands5_16_tiles.tif", "palette8.tif"}) {
    const int64_t channels = name[0] == 'b' ? 5 : 3;
    const std::string bytes = golden_bytes("pictures/" + std::string(name));
    // The writer puts the directory first and pads the end by up to a byte.
    for (size_t length = 0; length + 2 < bytes.size(); length += 1 + length / 40) {
      EXPECT_NE(reason(bytes.substr(0, length), channels), "") << name << " cut at " << length;
    }
    for (size_t i = 0; i < bytes.size(); i += 3) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] + 77);
      reason(damaged, channels);
    }
  }
}

// 200 bytes that claim a picture of gigabytes are refused before memory is taken.
TEST(DecodeTiff, ClaimsAreCheckedFirst) {
  std::string bytes = golden_bytes("pictures/bands5.tif");
  const auto set = [&](uint32_t tag, uint32_t value) {
    for (size_t entry = 10; entry + 12 <= bytes.size(); entry += 12) {
      const auto at = [&](size_t i) { return static_cast<uint8_t>(bytes[entry + i]); };
      if ((at(0) | at(1) << 8) != static_cast<int>(tag)) continue;
      for (int i = 0; i < (at(2) == 3 ? 2 : 4); ++i) {
        bytes[entry + 8 + static_cast<size_t>(i)] = static_cast<char>(value >> 8 * i);
      }
      return true;
    }
    return false;
  };
  ASSERT_TRUE(set(256, 9000) && set(257, 9000));
  EXPECT_NE(reason(bytes), "");
  ASSERT_TRUE(set(277, 60000));  // bands
  EXPECT_NE(reason(bytes).find("60000 bands"), std::string::npos) << reason(bytes);
}

TEST(UnpackTiff, SurplusIsPassedOverAndShortDataAreNot) {
  const uint8_t packed[] = {0xFE, 7, 1, 8, 9};  // three 7, then 8 and 9
  const auto unpack = [&](size_t size, size_t expected) {
    return unpack_tiff(TiffCompression::kPackBits, packed, size, expected, "x");
  };
  EXPECT_EQ(unpack(5, 5), (std::vector<uint8_t>{7, 7, 7, 8, 9}));
  EXPECT_EQ(unpack(5, 4), (std::vector<uint8_t>{7, 7, 7, 8}));
  EXPECT_THROW(unpack(5, 6), DataError);
  EXPECT_THROW(unpack(4, 5), DataError);
  EXPECT_FALSE(tiff_compression(7));  // JPEG
}

}  // namespace
}  // namespace mae
