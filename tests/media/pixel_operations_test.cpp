// The table operations on values whose result can be worked out by hand.
#include "mae/media/pixel_operations.h"

#include <gtest/gtest.h>

#include "mae/media/sharpness.h"
#include "pictures.h"

namespace mae {
namespace {

using Bytes = std::vector<uint8_t>;

Image row(const Bytes& values, int64_t channels = 1) {
  return image_of(1, static_cast<int64_t>(values.size()) / channels, channels, values);
}

TEST(PixelOperations, InvertPosterizeSolarize) {
  EXPECT_EQ(invert(row({0, 100, 255})).bytes, (Bytes{255, 155, 0}));
  EXPECT_EQ(posterize(row({0, 127, 255}), 1).bytes, (Bytes{0, 0, 128}));
  EXPECT_EQ(posterize(row({1, 127, 255}), 4).bytes, (Bytes{0, 112, 240}));
  EXPECT_EQ(posterize(row({1, 127, 255}), 0).bytes, (Bytes{0, 0, 0}));
  EXPECT_EQ(posterize(row({1, 127, 255}), 8).bytes, (Bytes{1, 127, 255}));
  EXPECT_EQ(solarize(row({25, 26, 255}), 26).bytes, (Bytes{25, 229, 0}));
  EXPECT_EQ(solarize(row({0, 255}), 256).bytes, (Bytes{0, 255}));
  EXPECT_EQ(solarize_add(row({0, 127, 128, 255}), 99).bytes, (Bytes{99, 226, 128, 255}));
  EXPECT_EQ(solarize_add(row({100}), 200).bytes, (Bytes{255}));
}

TEST(PixelOperations, AutoContrastStretchesEachChannel) {
  EXPECT_EQ(auto_contrast(row({10, 20, 30})).bytes, (Bytes{0, 127, 255}));
  EXPECT_EQ(auto_contrast(row({10, 5, 30, 5}, 2)).bytes, (Bytes{0, 5, 255, 5}));
}

TEST(PixelOperations, EqualizeNeedsEnoughPixels) {
  EXPECT_EQ(equalize(row({1, 2, 3})).bytes, (Bytes{1, 2, 3}));
  // 510 pixels of 7 before 3 of 9: a step is two pixels, the first value lies at 1 / 2.
  Bytes many(510, 7);
  many.insert(many.end(), {9, 9, 9});
  const Bytes even = equalize(row(many)).bytes;
  EXPECT_EQ(even.front(), 0);
  EXPECT_EQ(even.back(), 255);
}

TEST(Sharpness, LeavesTheEdgeAndMovesAwayFromTheMean) {
  const Image image = image_of(3, 3, 1, {0, 0, 0, 0, 130, 0, 0, 0, 0});
  EXPECT_EQ(adjust_sharpness(image, 0).bytes, (Bytes{0, 0, 0, 0, 50, 0, 0, 0, 0}));  // 5 / 13
  EXPECT_EQ(adjust_sharpness(image, 1).bytes, image.bytes);
  EXPECT_EQ(adjust_sharpness(image, 1.5).bytes, (Bytes{0, 0, 0, 0, 170, 0, 0, 0, 0}));
  const Image narrow = image_of(2, 3, 1, {0, 9, 0, 9, 0, 9});
  EXPECT_EQ(adjust_sharpness(narrow, 0).bytes, narrow.bytes);
}

}  // namespace
}  // namespace mae
