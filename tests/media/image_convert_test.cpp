#include "mae/media/image_convert.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pictures.h"

namespace mae {
namespace {

TEST(ImageConvert, GreyIsPillowsL) {
  const Image image = image_of(1, 4, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 12, 200, 77});
  EXPECT_EQ(convert_image(image, 1, 8).bytes, (std::vector<uint8_t>{76, 150, 29, 130}));
}

TEST(ImageConvert, ColorFromGreyRepeatsAndAlphaIsOpaque) {
  const Image image = image_of(1, 2, 1, {7, 9});
  EXPECT_EQ(convert_image(image, 3, 8).bytes, (std::vector<uint8_t>{7, 7, 7, 9, 9, 9}));
  EXPECT_EQ(convert_image(image, 4, 8).bytes, (std::vector<uint8_t>{7, 7, 7, 255, 9, 9, 9, 255}));
}

TEST(ImageConvert, AlphaIsDroppedWithoutCompositing) {
  const Image image = image_of(1, 1, 4, {10, 20, 30, 0});
  EXPECT_EQ(convert_image(image, 3, 8).bytes, (std::vector<uint8_t>{10, 20, 30}));
}

TEST(ImageConvert, GreyWithAlphaIsPillowsLa) {
  const Image rgba = image_of(1, 1, 4, {12, 200, 77, 9});
  EXPECT_EQ(convert_image(rgba, 2, 8).bytes, (std::vector<uint8_t>{130, 9}));
  const Image rgb = image_of(1, 1, 3, {12, 200, 77});
  EXPECT_EQ(convert_image(rgb, 2, 8).bytes, (std::vector<uint8_t>{130, 255}));
  const Image la = image_of(1, 1, 2, {130, 9});
  EXPECT_EQ(convert_image(la, 4, 8).bytes, (std::vector<uint8_t>{130, 130, 130, 9}));
  EXPECT_EQ(convert_image(la, 1, 8).bytes, (std::vector<uint8_t>{130}));
}

TEST(ImageConvert, KnowsNoMeaningOfMoreBands) {
  EXPECT_TRUE(can_convert_channels(1, 4));
  EXPECT_TRUE(can_convert_channels(7, 7));
  EXPECT_FALSE(can_convert_channels(5, 3));
  EXPECT_FALSE(can_convert_channels(3, 5));
  const Image five = image_of(1, 1, 5, {0, 1, 2, 3, 255});
  EXPECT_EQ(convert_image(five, 5, 16).samples16()[4], 65535);
}

TEST(ImageConvert, SixteenBitsAreDividedBy257AndRounded) {
  Image all;
  all.height = 256;
  all.width = 256;
  all.channels = 1;
  all.bit_depth = 16;
  all.bytes.resize(65536 * 2);
  for (int v = 0; v < 65536; ++v) all.samples16()[v] = static_cast<uint16_t>(v);
  const Image small = convert_image(all, 1, 8);
  for (int v = 0; v < 65536; ++v) {
    ASSERT_EQ(small.bytes[v], std::floor(v / 257.0 + 0.5)) << v;
  }
}

TEST(ImageConvert, EightToSixteenAndBackIsExact) {
  std::vector<uint8_t> bytes(256);
  for (int v = 0; v < 256; ++v) bytes[v] = static_cast<uint8_t>(v);
  const Image image = image_of(16, 16, 1, bytes);
  const Image deep = convert_image(image, 1, 16);
  EXPECT_EQ(deep.samples16()[255], 65535);
  EXPECT_EQ(convert_image(deep, 1, 8).bytes, bytes);
}

}  // namespace
}  // namespace mae
