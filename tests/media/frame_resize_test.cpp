#include "mae/media/frame_resize.h"

#include <gtest/gtest.h>

#include "pictures.h"

namespace mae {
namespace {

Image columns(int64_t height, int64_t width) {
  Image image = image_of(height, width, 1, {});
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) image.bytes.push_back(static_cast<uint8_t>(10 * x));
  return image;
}

// cv2: half-pixel centres and two neighbours, so one pixel in four is looked at twice.
TEST(FrameResize, IsNotAntialiased) {
  EXPECT_EQ(resize_linear(columns(1, 8), {1, 2}).bytes, (std::vector<uint8_t>{15, 55}));
}

TEST(FrameResize, EvaluationCoversThenCutsTheMiddle) {
  const Image fitted = evaluation_frame(columns(4, 8), {4, 4});
  EXPECT_EQ(std::vector<uint8_t>(fitted.bytes.begin(), fitted.bytes.begin() + 4),
            (std::vector<uint8_t>{20, 30, 40, 50}));
}

TEST(FrameResize, TestCropsGoFromEndToEndOfTheLongSide) {
  const auto first = [](const Image& image) { return image.bytes[0]; };
  EXPECT_EQ(first(test_crop(columns(4, 9), {4, 4}, 0, 3)), 0);
  EXPECT_EQ(first(test_crop(columns(4, 9), {4, 4}, 1, 3)), 20);
  EXPECT_EQ(first(test_crop(columns(4, 9), {4, 4}, 2, 3)), 50);
  EXPECT_EQ(first(test_crop(columns(4, 9), {4, 4}, 0, 1)), 20);
}

}  // namespace
}  // namespace mae
