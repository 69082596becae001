// One visible patch in every 2 x 2, no position favoured; the second mask lies inside the first.
#include "mae/masking/uniform_mask.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cmath>

#include "mae/base/error.h"
#include "mae/masking/mask_strategy.h"

namespace mae {
namespace {

// Visible position of every group, or -1 unless exactly one is visible.
std::vector<int64_t> positions_of(const std::vector<uint8_t>& mask, Size2d grid) {
  std::vector<int64_t> positions;
  for (int64_t r = 0; r < grid.height; r += 2) {
    for (int64_t c = 0; c < grid.width; c += 2) {
      int64_t found = -1, count = 0;
      for (int64_t p = 0; p < 4; ++p) {
        if (mask[static_cast<size_t>((r + p / 2) * grid.width + c + p % 2)]) continue;
        found = p;
        ++count;
      }
      positions.push_back(count == 1 ? found : -1);
    }
  }
  return positions;
}

TEST(UniformMask, OneOfEveryTwoByTwoIsVisible) {
  for (const Size2d grid : {Size2d{2, 2}, Size2d{4, 6}, Size2d{14, 14}, Size2d{16, 16}}) {
    for (uint64_t sample = 0; sample < 20; ++sample) {
      RandomStream random(1, "mask", 0, sample);
      const auto mask = uniform_mask(grid, random);
      const auto positions = positions_of(mask, grid);
      for (const int64_t position : positions) ASSERT_GE(position, 0);
      EXPECT_EQ(mask, mask_from_positions(positions, grid));
    }
  }
}

// 64 cards of a deck of 128: mean 16 of each, deviation 2.46; drawn one by one it would be 3.46.
TEST(UniformMask, PositionsAreDealtFromADeck) {
  const int samples = 2000;
  double sum = 0, squares = 0;
  for (uint64_t sample = 0; sample < samples; ++sample) {
    RandomStream random(2, "mask", 0, sample);
    double count = 0;
    for (const int64_t position : positions_of(uniform_mask({16, 16}, random), {16, 16}))
      count += position == 2;
    sum += count;
    squares += count * count;
  }
  const double mean = sum / samples;
  EXPECT_NEAR(mean, 16.0, 0.2);
  EXPECT_NEAR(std::sqrt(squares / samples - mean * mean), 2.46, 0.15);
}

TEST(UniformMask, OddGridsAndOtherRatiosAreRefused) {
  RandomStream random(3, "mask");
  EXPECT_THROW(uniform_mask({7, 8}, random), UsageError);
  EXPECT_THROW(uniform_mask({8, 7}, random), UsageError);
  EXPECT_THROW(draw_mask({MaskStrategy::kUniform, 0.5}, Size2d{8, 8}, random), UsageError);
}

TEST(SecondaryMask, HidesTheLargestNoiseAmongTheVisible) {
  const auto selection =
      draw_selection({MaskStrategy::kUniform, 0.75, 0.25}, Size2d{8, 8}, 4, 1, {7, 8});
  EXPECT_TRUE(at::equal(selection.mask.sum(1), selection.mask[0].new_full({2}, 48)));
  EXPECT_TRUE(at::equal(selection.token_mask.sum(1), selection.mask[0].new_full({2}, 4)));
  EXPECT_EQ((selection.token_mask * selection.mask).sum().item<float>(), 0.0f);
  const Tensor mask = selection.mask.new_zeros({1, 4});
  const Tensor noise = selection.mask.new_empty({1, 4});
  for (int64_t i = 0; i < 4; ++i) noise[0][i] = i == 1 ? 0.9 : 0.1 * static_cast<double>(i);
  const Tensor token_mask = secondary_mask(mask, noise, 0.25);
  EXPECT_EQ(token_mask[0][1].item<float>(), 1.0f);
  EXPECT_EQ(token_mask.sum().item<float>(), 1.0f);
  EXPECT_THROW(secondary_mask(mask, noise, 1.0), UsageError);
}

TEST(SecondaryMask, BelongsToTheSampleAndTheEpoch) {
  const MaskingOptions options{MaskStrategy::kUniform, 0.75, 0.25};
  const auto both = draw_selection(options, Size2d{16, 16}, 4, 1, {7, 8});
  const auto one = draw_selection(options, Size2d{16, 16}, 4, 1, {8});
  EXPECT_TRUE(at::equal(both.token_mask[1], one.token_mask[0]));
  EXPECT_FALSE(
      at::equal(both.token_mask, draw_selection(options, Size2d{16, 16}, 4, 2, {7, 8}).token_mask));
  const auto validation = draw_raster_selection(options, Size2d{16, 16}, 4, "val-mask", {7, 8});
  EXPECT_TRUE(validation.token_mask.defined());
  EXPECT_FALSE(at::equal(validation.mask, both.mask));
}

}  // namespace
}  // namespace mae
