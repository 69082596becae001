// Directions and edges of the geometric operations; their bits are compared in rand_augment_test.
#include "mae/media/affine.h"

#include <gtest/gtest.h>

#include "pictures.h"

namespace mae {
namespace {

const std::vector<uint8_t> kFill{7};

/// 1 2 3
/// 4 5 6
Image numbers() { return image_of(2, 3, 1, {10, 20, 30, 40, 50, 60}); }

TEST(Affine, NothingChangesWithoutMoving) {
  EXPECT_EQ(rotate(numbers(), 0, kFill).bytes, numbers().bytes);
  EXPECT_EQ(rotate(numbers(), 360, kFill).bytes, numbers().bytes);
  EXPECT_EQ(shear_x(numbers(), 0, kFill).bytes, numbers().bytes);
  EXPECT_EQ(translate_y(numbers(), 0, kFill).bytes, numbers().bytes);
}

TEST(Affine, TranslationShowsWhatLiesFurtherRightOrDown) {
  EXPECT_EQ(translate_x(numbers(), 1, kFill).bytes, (std::vector<uint8_t>{20, 30, 7, 50, 60, 7}));
  EXPECT_EQ(translate_x(numbers(), -1, kFill).bytes, (std::vector<uint8_t>{7, 10, 20, 7, 40, 50}));
  EXPECT_EQ(translate_y(numbers(), 1, kFill).bytes, (std::vector<uint8_t>{40, 50, 60, 7, 7, 7}));
  EXPECT_EQ(translate_y(numbers(), -1, kFill).bytes, (std::vector<uint8_t>{7, 7, 7, 10, 20, 30}));
  EXPECT_EQ(translate_x(numbers(), 9, kFill).bytes, std::vector<uint8_t>(6, 7));
}

TEST(Affine, HalfATurnReversesAndAQuarterGoesAgainstTheClock) {
  EXPECT_EQ(rotate(numbers(), 180, kFill).bytes, (std::vector<uint8_t>{60, 50, 40, 30, 20, 10}));
  const Image square = image_of(2, 2, 1, {10, 20, 30, 40});
  EXPECT_EQ(rotate(square, 90, kFill).bytes, (std::vector<uint8_t>{20, 40, 10, 30}));
  EXPECT_EQ(rotate(square, -90, kFill).bytes, (std::vector<uint8_t>{30, 10, 40, 20}));
}

TEST(Affine, ShearMovesRowsByTheirHeight) {
  // The first row's centre lies 0.5 below the top edge: 2 * 0.5 is one pixel; the second's, three.
  EXPECT_EQ(shear_x(numbers(), 2, kFill).bytes, (std::vector<uint8_t>{20, 30, 7, 7, 7, 7}));
  EXPECT_EQ(shear_y(numbers(), 2, kFill).bytes, (std::vector<uint8_t>{40, 7, 7, 7, 7, 7}));
}

TEST(Affine, ChannelsAreFilledEachWithItsOwn) {
  const Image image = image_of(1, 2, 3, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(translate_x(image, 1, {9, 8, 7}).bytes, (std::vector<uint8_t>{4, 5, 6, 9, 8, 7}));
}

}  // namespace
}  // namespace mae
