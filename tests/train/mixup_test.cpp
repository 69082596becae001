// Mixup and CutMix: exact pixels, exact shares, and the distribution of the draws.
#include "mae/train/mixup.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <cmath>

#include "mae/base/error.h"

namespace mae {
namespace {

Tensor counting_images(int64_t B, int64_t C, int64_t H, int64_t W) {
  return at::arange(B * C * H * W, at::kDouble).reshape({B, C, H, W});
}

MixupDraw draw_number(const MixupOptions& options, Size2d size, uint64_t number) {
  RandomStream random(7, "mixup", 0, number);
  return draw_mixup(options, size, random);
}

TEST(Mixup, BlendsWithTheReversedBatch) {
  const Tensor images = counting_images(3, 2, 4, 4);
  MixupDraw draw;
  draw.lam = 0.75;
  const Tensor mixed = mix_images(images, draw);
  EXPECT_TRUE(mixed[0].allclose(images[0] * 0.75 + images[2] * 0.25));
  EXPECT_TRUE(mixed[2].allclose(images[2] * 0.75 + images[0] * 0.25));
  EXPECT_TRUE(mixed[1].allclose(images[1]));  // its own partner
}

TEST(CutMix, PastesTheBoxOfTheReversedBatchAndNothingElse) {
  const Tensor images = counting_images(4, 2, 5, 6);
  MixupDraw draw;
  draw.cutmix = true;
  draw.box = {1, 2, 3, 2};
  const Tensor mixed = mix_images(images, draw);
  for (int64_t b = 0; b < 4; ++b) {
    for (int64_t y = 0; y < 5; ++y) {
      for (int64_t x = 0; x < 6; ++x) {
        const bool inside = y >= 1 && y < 4 && x >= 2 && x < 4;
        const Tensor expected = images[inside ? 3 - b : b];
        EXPECT_EQ(mixed[b][1][y][x].item<double>(), expected[1][y][x].item<double>())
            << b << " " << y << " " << x;
      }
    }
  }
  EXPECT_TRUE(images.equal(counting_images(4, 2, 5, 6))) << "the input must not change";
}

TEST(CutMix, ShareIsWhatTheClippedBoxLeaves) {
  const MixupOptions options{0, 1.0};
  const Size2d size{24, 32};
  bool some_clipped = false;
  for (uint64_t i = 0; i < 200; ++i) {
    const MixupDraw draw = draw_number(options, size, i);
    ASSERT_TRUE(draw.cutmix);
    const Box& box = draw.box;
    ASSERT_GE(box.top, 0);
    ASSERT_GE(box.left, 0);
    ASSERT_LE(box.top + box.height, size.height);
    ASSERT_LE(box.left + box.width, size.width);
    EXPECT_DOUBLE_EQ(draw.lam, 1 - static_cast<double>(box.height * box.width) / (24.0 * 32.0));
    some_clipped = some_clipped || (box.top == 0 && box.height % 2 == 1);
  }
  EXPECT_TRUE(some_clipped);
}

TEST(CutMix, MixedPixelsHaveTheStatedShare) {
  const MixupOptions options{0, 1.0};
  Tensor images = at::full({2, 1, 20, 20}, 0.0, at::kDouble);
  images[1].fill_(1);
  for (uint64_t i = 0; i < 20; ++i) {
    const MixupDraw draw = draw_number(options, {20, 20}, i);
    EXPECT_NEAR(mix_images(images, draw)[0].mean().item<double>(), 1 - draw.lam, 1e-12);
  }
}

TEST(Mixup, DrawsFollowTheBetaDistribution) {
  // Beta(a, a): mean 1/2, variance 1 / (4 (2a + 1)).
  const MixupOptions options{0.8, 0};
  constexpr int kDraws = 4000;
  double sum = 0, squares = 0;
  for (uint64_t i = 0; i < kDraws; ++i) {
    const MixupDraw draw = draw_number(options, {8, 8}, i);
    ASSERT_FALSE(draw.cutmix);
    sum += draw.lam;
    squares += draw.lam * draw.lam;
  }
  const double mean = sum / kDraws;
  EXPECT_NEAR(mean, 0.5, 0.02);
  EXPECT_NEAR(squares / kDraws - mean * mean, 1 / (4 * 2.6), 0.006);
}

TEST(Mixup, BothTogetherTakeHalfTheBatchesEach) {
  const MixupOptions options{0.8, 1.0};
  int cutmix = 0;
  for (uint64_t i = 0; i < 2000; ++i) cutmix += draw_number(options, {8, 8}, i).cutmix;
  EXPECT_NEAR(cutmix, 1000, 100);
}

TEST(Mixup, OffDrawsNothing) {
  const MixupDraw draw = draw_number({}, {8, 8}, 1);
  EXPECT_EQ(draw.lam, 1);
  EXPECT_FALSE(draw.cutmix);
  EXPECT_FALSE(MixupOptions{}.enabled());
}

TEST(Mixup, RefusesNegativeAlpha) {
  EXPECT_THROW(draw_number({-1, 0}, {8, 8}, 1), UsageError);
  EXPECT_THROW(draw_number({0, std::nan("")}, {8, 8}, 1), UsageError);
}

TEST(Mixup, CutmixTakesTheSamePlaceOfAllFrames) {
  const Tensor clips = at::arange(2 * 3 * 4 * 6 * 8, at::kFloat).reshape({2, 3, 4, 6, 8});
  const MixupDraw draw{0.5, true, {1, 2, 3, 4}};
  const Tensor mixed = mix_images(clips, draw);
  for (int64_t t = 0; t < 4; ++t) {
    const Tensor frames = clips.select(/*dim=*/2, t);
    EXPECT_TRUE(at::equal(mixed.select(/*dim=*/2, t), mix_images(frames, draw)));
  }
}

}  // namespace
}  // namespace mae
