#include "mae/media/random_crop.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mae {
namespace {

bool inside(const Box& box, Size2d image) {
  return box.height >= 1 && box.width >= 1 && box.top >= 0 && box.left >= 0 &&
         box.top + box.height <= image.height && box.left + box.width <= image.width;
}

TEST(RandomCrop, StaysInsideImagesOfAnyShape) {
  for (const bool retry : {true, false}) {
    RandomCropOptions options;
    options.retry = retry;
    options.min_scale = 0.08;
    for (const Size2d image :
         {Size2d{1, 1}, Size2d{1, 1000}, Size2d{1000, 1}, Size2d{2, 3}, Size2d{375, 500}}) {
      for (uint64_t sample = 0; sample < 300; ++sample) {
        RandomStream random(1, "crop", 0, sample);
        const Box box = random_crop_box(image, options, random);
        ASSERT_TRUE(inside(box, image)) << size_text(image) << " retry " << retry;
      }
    }
  }
}

TEST(RandomCrop, AreaAndAspectFollowTheOptions) {
  const Size2d image{1000, 1000};
  RandomCropOptions options;
  double area = 0, log_ratio = 0, top = 0;
  int tall = 0;
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    RandomStream random(7, "crop", 0, static_cast<uint64_t>(i));
    const Box box = random_crop_box(image, options, random);
    const double share = static_cast<double>(box.height * box.width) / 1e6;
    const double ratio = static_cast<double>(box.width) / static_cast<double>(box.height);
    ASSERT_GT(share, 0.199);
    ASSERT_LT(share, 1.001);
    ASSERT_GT(ratio, 0.748);
    ASSERT_LT(ratio, 1.336);
    area += share / kDraws;
    log_ratio += std::log(ratio) / kDraws;
    tall += box.height > box.width ? 1 : 0;
    if (box.height < 1000)
      top += static_cast<double>(box.top) / static_cast<double>(1000 - box.height) / kDraws;
  }
  // Uniform on 0.2 .. 1 has mean 0.6; rejecting boxes that stick out (large ones with a skewed
  // aspect) lowers it a little.
  EXPECT_NEAR(area, 0.5386, 0.01);
  EXPECT_NEAR(log_ratio, 0.0, 0.01);
  EXPECT_NEAR(static_cast<double>(tall) / kDraws, 0.5, 0.03);
  EXPECT_NEAR(top, 0.5, 0.02);
}

TEST(RandomCrop, FallbackIsCentralWithTheAspectClamped) {
  RandomStream random(1, "crop");
  const Box wide = random_crop_box({10, 1000}, RandomCropOptions{}, random);
  EXPECT_EQ(wide.height, 10);
  EXPECT_EQ(wide.width, 13);  // round(10 * 4 / 3)
  EXPECT_EQ(wide.left, (1000 - 13) / 2);
  const Box tall = random_crop_box({1000, 10}, RandomCropOptions{}, random);
  EXPECT_EQ(tall.width, 10);
  EXPECT_EQ(tall.height, 13);  // round(10 / 0.75)
  EXPECT_EQ(tall.top, (1000 - 13) / 2);
}

TEST(RandomCrop, SingleDrawUsesFourNumbers) {
  RandomCropOptions options;
  options.retry = false;
  RandomStream random(3, "crop"), replay(3, "crop");
  const Size2d image{300, 400};
  const Box box = random_crop_box(image, options, random);
  const double area = 120000.0 * replay.uniform(0.2, 1.0);
  const double ratio = std::exp(replay.uniform(std::log(3.0 / 4.0), std::log(4.0 / 3.0)));
  EXPECT_EQ(box.width, std::min<int64_t>(400, std::llrint(std::sqrt(area * ratio))));
  EXPECT_EQ(box.height, std::min<int64_t>(300, std::llrint(std::sqrt(area / ratio))));
  EXPECT_EQ(box.top, replay.below(300 - box.height + 1));
  EXPECT_EQ(box.left, replay.below(400 - box.width + 1));
}

TEST(RandomCrop, DependsOnTheStreamAlone) {
  RandomStream one(5, "crop", 2, 9), two(5, "crop", 2, 9), other(5, "crop", 3, 9);
  const Box a = random_crop_box({300, 400}, {}, one), b = random_crop_box({300, 400}, {}, two);
  const Box c = random_crop_box({300, 400}, {}, other);
  EXPECT_EQ(a.top, b.top);
  EXPECT_EQ(a.width, b.width);
  EXPECT_FALSE(a.top == c.top && a.left == c.left && a.width == c.width && a.height == c.height);
}

}  // namespace
}  // namespace mae
