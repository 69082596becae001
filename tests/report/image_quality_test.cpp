// PSNR and SSIM against numbers from scikit-image 0.26 and against hand-made cases.
#include "mae/report/image_quality.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mae/base/error.h"
#include "test_images.h"

namespace mae {
namespace {

using testing::blank;
using testing::disturbed_pattern;
using testing::pattern;

// structural_similarity(a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
// data_range=255) and peak_signal_noise_ratio(a, b, data_range=255) of the formulas in
// test_images.h.
TEST(ImageQuality, AgreesWithScikitImageOnColour) {
  const Image a = pattern(32, 24, 3), b = disturbed_pattern(32, 24, 3);
  EXPECT_NEAR(ssim(a, b), 0.7746167912645077, 1e-12);
  EXPECT_NEAR(psnr(a, b), 26.863400469757735, 1e-10);
}

TEST(ImageQuality, AgreesWithScikitImageOnASingleRowOfWindows) {
  const Image a = pattern(11, 40, 1), b = disturbed_pattern(11, 40, 1);
  EXPECT_NEAR(ssim(a, b), 0.7294683360360198, 1e-12);
  EXPECT_NEAR(psnr(a, b), 26.713598613917732, 1e-10);
}

TEST(ImageQuality, EqualImagesArePerfect) {
  const Image a = pattern(16, 16, 3);
  EXPECT_EQ(mean_squared_error(a, a), 0.0);
  EXPECT_TRUE(std::isinf(psnr(a, a)));
  EXPECT_GT(psnr(a, a), 0);
  EXPECT_DOUBLE_EQ(ssim(a, a), 1.0);
}

TEST(ImageQuality, ConstantOffsetHasTheKnownError) {
  const Image a = blank(4, 6, 3, 100), b = blank(4, 6, 3, 110);
  EXPECT_DOUBLE_EQ(mean_squared_error(a, b), 100.0);
  EXPECT_NEAR(psnr(a, b), 28.1308036087, 1e-9);  // 20 log10(255 / 10)
}

TEST(ImageQuality, ImagesSmallerThanTheWindowStillHaveAValue) {
  for (const int64_t side : {1, 2, 3, 7, 8, 10}) {
    const Image a = pattern(side, side, 3), b = disturbed_pattern(side, side, 3);
    EXPECT_DOUBLE_EQ(ssim(a, a), 1.0) << side;
    EXPECT_LT(ssim(a, b), 1.0) << side;
    EXPECT_GT(ssim(a, b), -1.0) << side;
  }
  // With one pixel a window has no variance: only the luminance term is left.
  const Image black = blank(1, 1, 1, 0), grey = blank(1, 1, 1, 100);
  const double c1 = 2.55 * 2.55;
  EXPECT_NEAR(ssim(black, grey), c1 / (100.0 * 100.0 + c1), 1e-12);
}

TEST(ImageQuality, SixteenBitsHaveTheirOwnPeak) {
  Image a = blank(12, 12, 1), b = blank(12, 12, 1);
  for (Image* image : {&a, &b}) {
    image->bit_depth = 16;
    image->bytes.assign(12 * 12 * 2, 0);
  }
  for (int64_t i = 0; i < 144; ++i) a.samples16()[i] = 1000, b.samples16()[i] = 1257;
  EXPECT_DOUBLE_EQ(mean_squared_error(a, b), 257.0 * 257.0);
  EXPECT_NEAR(psnr(a, b), 20 * std::log10(255.0), 1e-9);
}

TEST(ImageQuality, RefusesImagesThatDiffer) {
  EXPECT_THROW(psnr(blank(4, 4, 3), blank(4, 5, 3)), UsageError);
  EXPECT_THROW(ssim(blank(4, 4, 3), blank(4, 4, 1)), UsageError);
  EXPECT_THROW(mean_squared_error(blank(0, 4, 3), blank(0, 4, 3)), UsageError);
}

}  // namespace
}  // namespace mae
