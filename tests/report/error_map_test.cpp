// Colours rise in lightness; tiles lie where their patches lie.
#include "mae/report/error_map.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mae/base/error.h"
#include "test_images.h"

namespace mae {
namespace {

/// CIE L* of an sRGB colour: how light it looks, 0 to 100.
double lightness(const Colour& colour) {
  constexpr std::array<double, 3> kShare = {0.2126, 0.7152, 0.0722};
  double luminance = 0;
  for (size_t c = 0; c < 3; ++c) {
    const double v = colour[c] / 255.0;
    luminance += kShare[c] * (v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
  }
  return luminance > 0.008856 ? 116 * std::cbrt(luminance) - 16 : 903.3 * luminance;
}

Colour pixel(const Image& image, int64_t row, int64_t column) {
  const uint8_t* p = image.bytes.data() + (row * image.width + column) * 3;
  return {p[0], p[1], p[2]};
}

TEST(HeatColour, LightnessRisesEvenly) {
  for (int i = 1; i <= 16; ++i) {
    const double rise = lightness(heat_colour(i / 16.0)) - lightness(heat_colour((i - 1) / 16.0));
    EXPECT_GT(rise, 3.0) << i;
    EXPECT_LT(rise, 9.0) << i;
  }
}

TEST(HeatColour, ClampsAndMarksWhatIsNotANumber) {
  EXPECT_EQ(heat_colour(-1), heat_colour(0));
  EXPECT_EQ(heat_colour(7), heat_colour(1));
  EXPECT_EQ(heat_colour(INFINITY), heat_colour(1));
  EXPECT_EQ(heat_colour(NAN), (Colour{128, 128, 128}));
}

TEST(PatchErrorMap, TilesFollowTheGrid) {
  // 2 x 3 patches of 4 x 2 pixels; only the last of the first row is wrong, the first of the second
  // row half as much.
  const Image map = patch_error_map({0, 0, 8, 4, 0, 0}, {2, 3}, {4, 2}, 8);
  ASSERT_EQ(map.height, 8);
  ASSERT_EQ(map.width, 6);
  ASSERT_EQ(map.channels, 3);
  EXPECT_EQ(pixel(map, 0, 3), heat_colour(0));
  EXPECT_EQ(pixel(map, 0, 4), heat_colour(1));
  EXPECT_EQ(pixel(map, 3, 5), heat_colour(1));
  EXPECT_EQ(pixel(map, 4, 5), heat_colour(0));
  EXPECT_EQ(pixel(map, 4, 0), heat_colour(0.5));
  EXPECT_EQ(pixel(map, 7, 1), heat_colour(0.5));
}

TEST(PatchErrorMap, ScalesToTheLargestByDefault) {
  EXPECT_EQ(pixel(patch_error_map({1, 2}, {1, 2}, {1, 1}, 0), 0, 1), heat_colour(1));
  EXPECT_EQ(pixel(patch_error_map({0, 0}, {1, 2}, {1, 1}, 0), 0, 1), heat_colour(0));
  EXPECT_EQ(pixel(patch_error_map({1, NAN}, {1, 2}, {1, 1}, 0), 0, 0), heat_colour(1));
}

TEST(PatchErrorMap, RefusesAWrongCount) {
  EXPECT_THROW(patch_error_map({1, 2, 3}, {2, 2}, {1, 1}, 0), UsageError);
}

TEST(PixelErrorMap, AveragesSquaresOverChannels) {
  Image a = testing::blank(1, 2, 3, 10), b = a;
  b.bytes[3] = 16;  // one channel of the second pixel, off by 6: mean square 12
  const Image map = pixel_error_map(a, b, 24);
  EXPECT_EQ(pixel(map, 0, 0), heat_colour(0));
  EXPECT_EQ(pixel(map, 0, 1), heat_colour(0.5));
  EXPECT_THROW(pixel_error_map(a, testing::blank(2, 1, 3), 1), UsageError);
}

}  // namespace
}  // namespace mae
