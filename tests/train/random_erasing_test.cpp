// Random erasing: how often, how much, with what, and the same for a sample in any batch.
#include "mae/train/random_erasing.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "mae/base/error.h"

namespace mae {
namespace {

std::vector<Box> draw_number(const RandomErasingOptions& options, Size2d size, uint64_t number) {
  RandomStream random(3, "erase", 0, number);
  return draw_erased_boxes(options, size, random);
}

TEST(RandomErasing, BoxesKeepTheirLimits) {
  RandomErasingOptions options;
  options.probability = 1;
  const Size2d size{60, 80};
  double area = 0;
  int drawn = 0;
  for (uint64_t i = 0; i < 2000; ++i) {
    const std::vector<Box> boxes = draw_number(options, size, i);
    ASSERT_LE(boxes.size(), 1U);
    if (boxes.empty()) continue;
    const Box* box = &boxes.front();
    ++drawn;
    ASSERT_GE(box->top, 0);
    ASSERT_GE(box->left, 0);
    ASSERT_LE(box->top + box->height, size.height);
    ASSERT_LE(box->left + box->width, size.width);
    ASSERT_LT(box->height, size.height);
    ASSERT_LT(box->width, size.width);
    const double share = static_cast<double>(box->height * box->width) / (60.0 * 80.0);
    ASSERT_GT(share, 0.017);  // rounding of the sides
    ASSERT_LT(share, 0.36);
    const double aspect = static_cast<double>(box->height) / static_cast<double>(box->width);
    ASSERT_GT(aspect, 0.25);
    ASSERT_LT(aspect, 4.0);
    area += share;
  }
  EXPECT_GT(drawn, 1990);
  EXPECT_NEAR(area / drawn, (0.02 + 1.0 / 3.0) / 2, 0.02);
}

TEST(RandomErasing, ActsWithItsProbability) {
  RandomErasingOptions options;
  options.probability = 0.25;
  int drawn = 0;
  for (uint64_t i = 0; i < 4000; ++i) drawn += !draw_number(options, {32, 32}, i).empty();
  EXPECT_NEAR(drawn, 1000, 100);
}

TEST(RandomErasing, FillsOneBoxWithNormalNoiseInEveryChannel) {
  RandomErasingOptions options;
  options.probability = 1;
  Tensor images = at::zeros({1, 3, 64, 64}, at::kFloat);
  images.fill_(100);
  erase_randomly(images, options, 5, 0, {42});
  RandomStream random(5, "erase", 0, 42);
  const std::vector<Box> boxes = draw_erased_boxes(options, {64, 64}, random);
  ASSERT_EQ(boxes.size(), 1U);
  const Box* box = &boxes.front();
  const Tensor erased = images.lt(50);
  EXPECT_EQ(erased.sum().item<int64_t>(), 3 * box->height * box->width);
  const Tensor inside = images[0].narrow(1, box->top, box->height).narrow(2, box->left, box->width);
  EXPECT_LT(inside.max().item<float>(), 10);
  EXPECT_NEAR(inside.mean().item<double>(), 0, 5 / std::sqrt(static_cast<double>(inside.numel())));
  EXPECT_NEAR(inside.std().item<double>(), 1, 0.1);
}

TEST(RandomErasing, SeveralBoxesShareTheArea) {
  RandomErasingOptions options;
  options.probability = 1;
  options.max_count = 3;
  int64_t counts[4] = {};
  for (uint64_t i = 0; i < 900; ++i) {
    const std::vector<Box> boxes = draw_number(options, {60, 80}, i);
    ASSERT_LE(boxes.size(), 3U);
    ++counts[boxes.size()];
    for (const Box& box : boxes) {
      const double share = static_cast<double>(box.height * box.width) / (60.0 * 80.0);
      ASSERT_LT(share, 0.36 / static_cast<double>(boxes.size()));
    }
  }
  for (int count = 1; count <= 3; ++count) EXPECT_NEAR(counts[count], 300, 60);
}

TEST(RandomErasing, FillsWithOneColourOrTheMean) {
  RandomErasingOptions options;
  options.probability = 1;
  const auto erased = [&](ErasingFill fill, int64_t channel) {
    options.fill = fill;
    Tensor images = at::zeros({1, 3, 64, 64}, at::kFloat);
    images.fill_(100);
    erase_randomly(images, options, 5, 0, {42});
    const Tensor values = images[0][channel];
    return values.masked_select(values.lt(50));
  };
  EXPECT_EQ(erased(ErasingFill::kConst, 1).abs().max().item<float>(), 0);
  const Tensor red = erased(ErasingFill::kRand, 0), green = erased(ErasingFill::kRand, 1);
  EXPECT_EQ(red.min().item<float>(), red.max().item<float>());
  EXPECT_EQ(green.min().item<float>(), green.max().item<float>());
  EXPECT_NE(red[0].item<float>(), green[0].item<float>());
}

TEST(RandomErasing, FillingsHaveNames) {
  for (const char* name : {"pixel", "rand", "const"}) {
    EXPECT_EQ(erasing_fill_name(parse_erasing_fill(name)), name);
  }
  EXPECT_THROW(parse_erasing_fill("noise"), UsageError);
}

TEST(RandomErasing, ASampleIsErasedAlikeInAnyBatch) {
  RandomErasingOptions options;
  options.probability = 1;
  Tensor pair = at::zeros({2, 3, 16, 16}, at::kFloat),
         alone = at::zeros({1, 3, 16, 16}, at::kFloat);
  erase_randomly(pair, options, 5, 2, {7, 8});
  erase_randomly(alone, options, 5, 2, {8});
  EXPECT_TRUE(pair[1].equal(alone[0]));
  EXPECT_FALSE(pair[0].equal(alone[0]));
  Tensor next_epoch = at::zeros({1, 3, 16, 16}, at::kFloat);
  erase_randomly(next_epoch, options, 5, 3, {8});
  EXPECT_FALSE(next_epoch.equal(alone));
}

TEST(RandomErasing, OffChangesNothing) {
  Tensor images = at::zeros({1, 1, 8, 8}, at::kFloat);
  erase_randomly(images, {}, 5, 0, {1});
  EXPECT_EQ(images.abs().max().item<float>(), 0);
}

TEST(RandomErasing, RefusesWhatIsNoProbability) {
  Tensor images = at::zeros({1, 1, 8, 8}, at::kFloat);
  RandomErasingOptions options;
  options.probability = 1.5;
  EXPECT_THROW(erase_randomly(images, options, 5, 0, {1}), UsageError);
  options.probability = 0.5;
  options.max_count = 0;
  EXPECT_THROW(erase_randomly(images, options, 5, 0, {1}), UsageError);
}

// The published "cube": one box for all frames, noise of its own in each.
TEST(RandomErasing, ClipsLoseTheSameBoxInEveryFrame) {
  RandomErasingOptions options;
  options.probability = 1;
  Tensor clips = at::zeros({2, 3, 4, 16, 20}, at::kFloat);
  erase_randomly(clips, options, 5, 1, {11, 22});
  const Tensor erased = clips.ne(0);
  for (int64_t b = 0; b < 2; ++b) {
    EXPECT_GT(erased[b].sum().item<int64_t>(), 0);
    for (int64_t t = 1; t < 4; ++t) {
      EXPECT_TRUE(at::equal(erased[b][0][t], erased[b][0][0]));
      EXPECT_FALSE(at::equal(clips[b][0][t], clips[b][0][0]));
    }
  }
}

}  // namespace
}  // namespace mae
