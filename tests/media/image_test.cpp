#include "mae/media/image.h"

#include <gtest/gtest.h>

#include <numeric>

#include "mae/media/rounding.h"
#include "pictures.h"

namespace mae {
namespace {

Image counting(int64_t height, int64_t width, int64_t channels) {
  std::vector<uint8_t> bytes(height * width * channels);
  std::iota(bytes.begin(), bytes.end(), uint8_t{1});
  return image_of(height, width, channels, bytes);
}

TEST(Image, CropTakesTheRectangle) {
  const Image part = crop(counting(3, 4, 2), Box{1, 2, 2, 1});
  EXPECT_EQ(part.height, 2);
  EXPECT_EQ(part.width, 1);
  EXPECT_EQ(part.bytes, (std::vector<uint8_t>{13, 14, 21, 22}));
}

TEST(Image, CropOfSixteenBitsKeepsWholeSamples) {
  Image image = counting(2, 2, 1);
  image.bit_depth = 16;
  image.bytes = {1, 0, 2, 0, 3, 0, 4, 0};
  EXPECT_EQ(crop(image, Box{1, 1, 1, 1}).bytes, (std::vector<uint8_t>{4, 0}));
}

TEST(Image, CenterCropRoundsHalfToEven) {
  // Offsets 0.5 -> 0, 1.5 -> 2, 2.5 -> 2: Python's round, not the C one.
  EXPECT_EQ(center_crop(counting(1, 3, 1), {1, 2}).bytes, (std::vector<uint8_t>{1, 2}));
  EXPECT_EQ(center_crop(counting(1, 5, 1), {1, 2}).bytes, (std::vector<uint8_t>{3, 4}));
  EXPECT_EQ(center_crop(counting(1, 7, 1), {1, 2}).bytes, (std::vector<uint8_t>{3, 4}));
}

TEST(Image, CenterCropPadsWithZerosTheSmallerHalfInFront) {
  const Image image = center_crop(counting(1, 3, 1), {2, 6});
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.bytes, (std::vector<uint8_t>{0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Image, CenterCropPadsOneSideAndCutsTheOther) {
  const Image image = center_crop(counting(4, 1, 1), {2, 3});
  EXPECT_EQ(image.bytes, (std::vector<uint8_t>{0, 2, 0, 0, 3, 0}));
}

TEST(Image, FlipTwiceIsTheSame) {
  const Image image = counting(3, 5, 3);
  const Image flipped = flip_horizontal(image);
  EXPECT_EQ(flipped.bytes[0], image.bytes[4 * 3]);
  EXPECT_EQ(flipped.bytes[1], image.bytes[4 * 3 + 1]);
  EXPECT_EQ(flip_horizontal(flipped).bytes, image.bytes);
}

TEST(Rounding, TiesGoToEvenAlsoBelowZero) {
  EXPECT_EQ(round_half_to_even(0.5), 0);
  EXPECT_EQ(round_half_to_even(1.5), 2);
  EXPECT_EQ(round_half_to_even(2.5000001), 3);
  EXPECT_EQ(round_half_to_even(-0.5), 0);
  EXPECT_EQ(round_half_to_even(-1.5), -2);
  EXPECT_EQ(round_half_to_even(-2.6), -3);
}

}  // namespace
}  // namespace mae
