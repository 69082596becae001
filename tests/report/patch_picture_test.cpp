// Patches to pictures, checked against positions worked out by hand.
#include "mae/report/patch_picture.h"

#include <gtest/gtest.h>

#include <numeric>

#include "mae/base/error.h"
#include "test_images.h"

namespace mae {
namespace {

const PatchLayout kLayout{{2, 3}, {2, 4}, 3};  // 2 x 3 patches of 2 x 4 pixels: an image of 4 x 12

TEST(ImageFromPatches, PutsEveryValueInItsPlace) {
  std::vector<uint8_t> patches(kLayout.patches() * kLayout.patch_values());
  std::iota(patches.begin(), patches.end(), 0);
  const Image image = image_from_patches(patches.data(), kLayout);
  ASSERT_EQ(image.height, 4);
  ASSERT_EQ(image.width, 12);
  for (int64_t y = 0; y < 4; ++y) {
    for (int64_t x = 0; x < 12; ++x) {
      for (int64_t c = 0; c < 3; ++c) {
        const int64_t patch = y / 2 * 3 + x / 4, inside = (y % 2 * 4 + x % 4) * 3 + c;
        EXPECT_EQ(image.bytes[(y * 12 + x) * 3 + c], patch * 24 + inside)
            << y << " " << x << " " << c;
      }
    }
  }
}

TEST(ImageFromPatches, SixteenBitsAreScaledDown) {
  const std::vector<uint16_t> patches = {0, 257, 65535, 128};
  const Image image = image_from_patches(patches.data(), {{1, 1}, {2, 2}, 1});
  EXPECT_EQ(image.bytes, (std::vector<uint8_t>{0, 1, 255, 0}));
  EXPECT_EQ(image.bit_depth, 8);
}

TEST(HidePatches, PaintsExactlyTheHiddenOnes) {
  const Image image = testing::blank(4, 12, 3, 7);
  const Image masked = hide_patches(image, {0, 1, 0, 0, 0, 1}, kLayout);
  for (int64_t y = 0; y < 4; ++y) {
    for (int64_t x = 0; x < 12; ++x) {
      const bool is_hidden = y < 2 ? x >= 4 && x < 8 : x >= 8;
      EXPECT_EQ(masked.bytes[(y * 12 + x) * 3 + 1], is_hidden ? 128 : 7) << y << " " << x;
    }
  }
}

TEST(ShownChannels, AreTheFirstThreeOrTheFirst) {
  Image image = testing::blank(1, 2, 5);
  image.bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(shown_channels(image).bytes, (std::vector<uint8_t>{1, 2, 3, 6, 7, 8}));
  Image two = testing::blank(1, 2, 2);
  two.bytes = {1, 2, 3, 4};
  EXPECT_EQ(shown_channels(two).bytes, (std::vector<uint8_t>{1, 3}));
  EXPECT_EQ(shown_channels(two).channels, 1);
  const Image rgb = testing::pattern(3, 4, 3);
  EXPECT_EQ(shown_channels(rgb).bytes, rgb.bytes);
}

TEST(HidePatches, RefusesAMaskOfAnotherGrid) {
  EXPECT_THROW(hide_patches(testing::blank(4, 12, 3), {0, 1}, kLayout), UsageError);
  EXPECT_THROW(hide_patches(testing::blank(4, 8, 3), std::vector<uint8_t>(6), kLayout), UsageError);
}

}  // namespace
}  // namespace mae
