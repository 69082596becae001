#include "mae/shards/fit_image.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/media/resample.h"

namespace mae {
namespace {

Image ramp(int64_t height, int64_t width) {
  Image image;
  image.height = height;
  image.width = width;
  image.channels = 3;
  for (int64_t i = 0; i < height * width * 3; ++i)
    image.bytes.push_back(static_cast<uint8_t>(i * 7 + i / 50));
  return image;
}

TEST(FitImage, AutoIsThePublishedEvaluation) {
  const Image image = ramp(90, 70);
  EXPECT_EQ(fit_image(image, {56, 56}, kResizeAuto, "x").bytes,
            resize_and_center_crop(image, 64, {56, 56}).bytes);  // 56 * 256 / 224
  EXPECT_EQ(fit_image(image, {28, 28}, kResizeAuto, "x").bytes,
            resize_and_center_crop(image, 32, {28, 28}).bytes);
}

TEST(FitImage, ShortSideIsTruncated) {
  const Image image = ramp(90, 70);
  EXPECT_EQ(fit_image(image, {30, 30}, kResizeAuto, "x").bytes,
            resize_and_center_crop(image, 34, {30, 30}).bytes);  // 30 * 256 / 224 = 34.28
}

TEST(FitImage, PicturesOfTheRightSizeStayUnlessAsked) {
  const Image image = ramp(28, 28);
  EXPECT_EQ(fit_image(image, {28, 28}, kResizeAuto, "x").bytes, image.bytes);
  EXPECT_NE(fit_image(image, {28, 28}, 32, "x").bytes, image.bytes);
}

TEST(FitImage, NeverOnlyCrops) {
  const Image image = ramp(40, 50);
  EXPECT_EQ(fit_image(image, {28, 20}, kResizeNever, "x").bytes,
            center_crop(image, {28, 20}).bytes);
  try {
    fit_image(image, {41, 20}, kResizeNever, "a.png");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_NE(error.line().find("a.png: the picture is 40x50 pixels"), std::string::npos);
  }
}

// 7/8 of what just covers the crop, whatever its aspect, as folders are prepared for a model.
TEST(FitImage, AutoOfOtherAspectsKeepsTheShareOfTheCrop) {
  const Image image = ramp(100, 100);
  EXPECT_EQ(fit_image(image, {28, 56}, kResizeAuto, "x").bytes,
            resize_and_center_crop(image, 64, {28, 56}).bytes);
  EXPECT_EQ(fit_image(image, {28, 56}, 32, "x").bytes,
            resize_and_center_crop(image, 56, {28, 56}).bytes);
}

// A wide crop of a tall picture must not be padded: the picture is made large enough.
TEST(FitImage, ThePictureAlwaysCoversTheCrop) {
  for (const Size2d from :
       {Size2d{100, 30}, Size2d{30, 100}, Size2d{1, 1}, Size2d{1, 500}, Size2d{77, 76}}) {
    for (const Size2d size : {Size2d{32, 96}, Size2d{96, 32}, Size2d{64, 64}, Size2d{1, 7}}) {
      Image white = ramp(from.height, from.width);
      white.bytes.assign(white.bytes.size(), 255);
      const Image fitted = fit_image(white, size, kResizeAuto, "x");
      ASSERT_EQ(fitted.height, size.height);
      ASSERT_EQ(fitted.width, size.width);
      for (const uint8_t v : fitted.bytes)
        ASSERT_EQ(v, 255) << size_text(from) << " " << size_text(size);
    }
  }
}

}  // namespace
}  // namespace mae
