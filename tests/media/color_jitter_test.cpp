// Colour adjustments against numbers worked out by Pillow's formulas by hand.
#include "mae/media/color_jitter.h"

#include <gtest/gtest.h>

namespace mae {
namespace {

Image two_pixels() {
  Image image;
  image.height = 1;
  image.width = 2;
  image.channels = 3;
  image.bytes = {10, 200, 30, 255, 0, 77};  // luma 124 and 85
  return image;
}

TEST(ColorJitter, BrightnessScalesAndTruncates) {
  EXPECT_EQ(adjust_brightness(two_pixels(), 0.75).bytes,
            (std::vector<uint8_t>{7, 150, 22, 191, 0, 57}));
  EXPECT_EQ(adjust_brightness(two_pixels(), 1.3).bytes,
            (std::vector<uint8_t>{13, 255, 39, 255, 0, 100}));
}

TEST(ColorJitter, ContrastMovesAwayFromTheMeanLuma) {
  // luma: (19595 * 10 + 38470 * 200 + 7471 * 30 + 32768) >> 16 = 124 and 85; their mean rounds to
  // 105
  EXPECT_EQ(adjust_contrast(two_pixels(), 0.5).bytes,
            (std::vector<uint8_t>{57, 152, 67, 180, 52, 91}));
  EXPECT_EQ(adjust_contrast(two_pixels(), 1.5).bytes,
            (std::vector<uint8_t>{0, 247, 0, 255, 0, 63}));
}

TEST(ColorJitter, SaturationMovesAwayFromEachPixelsLuma) {
  EXPECT_EQ(adjust_saturation(two_pixels(), 0.0).bytes,
            (std::vector<uint8_t>{124, 124, 124, 85, 85, 85}));
  EXPECT_EQ(adjust_saturation(two_pixels(), 0.5).bytes,
            (std::vector<uint8_t>{67, 162, 77, 170, 42, 81}));
}

TEST(ColorJitter, FactorOneChangesNothing) {
  const Image image = two_pixels();
  EXPECT_EQ(adjust_brightness(image, 1).bytes, image.bytes);
  EXPECT_EQ(adjust_contrast(image, 1).bytes, image.bytes);
  EXPECT_EQ(adjust_saturation(image, 1).bytes, image.bytes);
}

TEST(ColorJitter, GreyPicturesKeepTheirOneChannel) {
  Image grey;
  grey.height = 2;
  grey.width = 2;
  grey.channels = 1;
  grey.bytes = {0, 50, 100, 250};
  RandomStream random(1, "augment");
  EXPECT_EQ(color_jitter(grey, {}, random).bytes.size(), 4u);
}

TEST(ColorJitter, EveryBandChangesAndAlphaDoesNot) {
  Image five;
  five.height = five.width = 1;
  five.channels = 5;
  five.bytes = {10, 20, 30, 40, 50};
  EXPECT_EQ(adjust_brightness(five, 2).bytes, (std::vector<uint8_t>{20, 40, 60, 80, 100}));
  // Towards the mean of all bands, which is 30.
  EXPECT_EQ(adjust_contrast(five, 0.5).bytes, (std::vector<uint8_t>{20, 25, 30, 35, 40}));
  Image grey_alpha = five;
  grey_alpha.channels = 2;
  grey_alpha.bytes = {10, 200};
  EXPECT_EQ(adjust_brightness(grey_alpha, 2).bytes, (std::vector<uint8_t>{20, 200}));
}

TEST(ColorJitter, DrawsDifferentOrdersAndFactors) {
  const Image image = two_pixels();
  RandomStream first(1, "augment"), again(1, "augment"), other(2, "augment");
  const Image a = color_jitter(image, {}, first);
  EXPECT_EQ(color_jitter(image, {}, again).bytes, a.bytes);
  EXPECT_NE(color_jitter(image, {}, other).bytes, a.bytes);
}

TEST(ColorJitter, SixteenBitsKeepTheirRange) {
  Image image;
  image.height = 1;
  image.width = 1;
  image.channels = 3;
  image.bit_depth = 16;
  image.bytes.resize(6);
  image.samples16()[0] = 60000;
  image.samples16()[1] = 1000;
  image.samples16()[2] = 0;
  const Image bright = adjust_brightness(image, 1.2);
  EXPECT_EQ(bright.samples16()[0], 65535);
  EXPECT_EQ(bright.samples16()[1], 1200);
}

}  // namespace
}  // namespace mae
