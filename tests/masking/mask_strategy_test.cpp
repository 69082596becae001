// Every strategy hides exactly the same number; a sample's mask depends on its own identity alone.
#include "mae/masking/mask_strategy.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "mae/base/error.h"

namespace mae {
namespace {

int64_t hidden(const std::vector<uint8_t>& mask) {
  return std::accumulate(mask.begin(), mask.end(), int64_t{0});
}

TEST(MaskStrategy, EveryStrategyHidesTheExactCount) {
  for (const MaskStrategy strategy :
       {MaskStrategy::kRandom, MaskStrategy::kBlock, MaskStrategy::kGrid}) {
    for (const Size2d grid : {Size2d{14, 14}, Size2d{6, 10}, Size2d{2, 2}}) {
      for (uint64_t sample = 0; sample < 30; ++sample) {
        RandomStream random(3, "mask", 0, sample);
        const auto mask = draw_mask({strategy, 0.75}, grid, random);
        ASSERT_EQ(mask.size(), static_cast<size_t>(grid.area()));
        EXPECT_EQ(hidden(mask), grid.area() - visible_count(grid.area(), 0.75));
      }
    }
  }
}

TEST(MaskStrategy, BlocksAreMoreConnectedThanRandomPatches) {
  const Size2d grid{14, 14};
  auto equal_neighbours = [&](MaskStrategy strategy) {
    int64_t equal = 0;
    for (uint64_t sample = 0; sample < 50; ++sample) {
      RandomStream random(4, "mask", 0, sample);
      const auto mask = draw_mask({strategy, 0.5}, grid, random);
      for (int64_t r = 0; r < 14; ++r) {
        for (int64_t c = 0; c + 1 < 14; ++c) equal += mask[r * 14 + c] == mask[r * 14 + c + 1];
      }
    }
    return equal;
  };
  EXPECT_GT(equal_neighbours(MaskStrategy::kBlock),
            equal_neighbours(MaskStrategy::kRandom) * 3 / 2);
}

TEST(MaskStrategy, GridKeepsOneCellOfFour) {
  RandomStream random(5, "mask");
  const auto mask = draw_mask({MaskStrategy::kGrid, 0.75}, Size2d{4, 4}, random);
  EXPECT_EQ(mask, (std::vector<uint8_t>{0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1}));
  EXPECT_THROW(draw_mask({MaskStrategy::kGrid, 0.5}, Size2d{4, 4}, random), UsageError);
  EXPECT_THROW(draw_mask({MaskStrategy::kGrid, 0.75}, Size2d{3, 4}, random), UsageError);
}

TEST(MaskStrategy, BatchOrderDoesNotMatterAndEpochsDiffer) {
  for (const MaskStrategy strategy : {MaskStrategy::kRandom, MaskStrategy::kBlock}) {
    const MaskingOptions options{strategy, 0.6};
    const auto both = draw_selection(options, Size2d{8, 8}, 7, 2, {11, 22});
    const auto swapped = draw_selection(options, Size2d{8, 8}, 7, 2, {22, 11});
    EXPECT_TRUE(at::equal(both.mask[0], swapped.mask[1]));
    EXPECT_TRUE(at::equal(both.ids_keep[1], swapped.ids_keep[0]));
    EXPECT_FALSE(at::equal(both.mask[0], both.mask[1]));
    EXPECT_FALSE(at::equal(both.mask, draw_selection(options, Size2d{8, 8}, 7, 3, {11, 22}).mask));
    EXPECT_FALSE(at::equal(both.mask, draw_selection(options, Size2d{8, 8}, 8, 2, {11, 22}).mask));
    RandomStream random(7, "mask", 2, 11);
    const auto row = draw_mask(options, Size2d{8, 8}, random);
    for (int64_t j = 0; j < 64; ++j)
      EXPECT_EQ(both.mask[0][j].item<float>(), static_cast<float>(row[j]));
  }
}

TEST(MaskStrategy, SharedGivesABatchTheRandomMaskOfItsFirstSample) {
  const MaskingOptions shared{MaskStrategy::kShared, 0.75}, random{MaskStrategy::kRandom, 0.75};
  const auto both = draw_selection(shared, Size2d{8, 8}, 7, 2, {11, 22});
  EXPECT_TRUE(at::equal(both.mask[0], both.mask[1]));
  EXPECT_TRUE(at::equal(both.mask[0], draw_selection(random, Size2d{8, 8}, 7, 2, {11}).mask[0]));
  EXPECT_EQ(ids_of_masks(shared, {22, 33}, 11), (std::vector<uint64_t>{11, 11}));
  EXPECT_EQ(ids_of_masks(random, {22, 33}, 11), (std::vector<uint64_t>{22, 33}));
}

TEST(MaskStrategy, TubesHideTheSamePlacesAtAllTimes) {
  const MaskingOptions tube{MaskStrategy::kTube, 0.9};
  const MaskGrid grid({14, 14}, 8);
  RandomStream random(7, "mask", 2, 11);
  const std::vector<uint8_t> mask = draw_mask(tube, grid, random);
  ASSERT_EQ(mask.size(), 1568u);
  for (size_t i = 196; i < mask.size(); ++i) EXPECT_EQ(mask[i], mask[i - 196]);
  EXPECT_EQ(std::count(mask.begin(), mask.begin() + 196, 1), 176);  // int(0.9 * 196)
  EXPECT_EQ(visible_count(tube, grid), 160);
  const auto batch = draw_selection(tube, grid, 7, 2, {11, 22});
  EXPECT_EQ(batch.ids_keep.size(1), 160);
  for (int64_t j = 0; j < 1568; ++j)
    EXPECT_EQ(batch.mask[0][j].item<float>(), static_cast<float>(mask[static_cast<size_t>(j)]));
  EXPECT_FALSE(at::equal(batch.mask[0], batch.mask[1]));
}

TEST(MaskStrategy, ClipsAreMaskedByTubesOrAtRandom) {
  const MaskGrid grid({4, 4}, 2);
  RandomStream random(7, "mask", 2, 11);
  EXPECT_EQ(draw_mask({MaskStrategy::kRandom, 0.75}, grid, random).size(), 32u);
  for (const MaskStrategy strategy : {MaskStrategy::kBlock, MaskStrategy::kUniform}) {
    EXPECT_THROW(draw_mask({strategy, 0.75}, grid, random), UsageError);
    EXPECT_THROW(visible_count({strategy, 0.75}, grid), UsageError);
  }
}

TEST(MaskStrategy, NamesRoundTrip) {
  for (const char* name :
       {"random", "block", "grid", "uniform", "mixed", "complementary", "tube", "shared"})
    EXPECT_EQ(mask_strategy_name(parse_mask_strategy(name)), name);
  EXPECT_THROW(parse_mask_strategy("tubes"), UsageError);
}

}  // namespace
}  // namespace mae
