// Counts to the last patch, permutations, and equal masks from noise and from masks.
#include "mae/masking/patch_selection.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/base/random_stream.h"

namespace mae {
namespace {

TEST(VisibleCount, TruncatesInFloat64AsPublished) {
  const struct {
    int64_t patches;
    double ratio;
    int64_t keep;
  } cases[] = {{196, .1, 176}, {196, .2, 156}, {196, .3, 137}, {196, .4, 117}, {196, .5, 98},
               {196, .6, 78},  {196, .7, 58},  {196, .75, 49}, {196, .8, 39},  {196, .85, 29},
               {196, .9, 19},  {196, .95, 9},  {256, .9, 25},  {256, .95, 12}, {100, .8, 19},
               {100, .9, 9},   {64, .9, 6},    {144, .9, 14},  {49, .75, 12},  {25, .8, 4},
               {16, 0, 16}};
  for (const auto& c : cases)
    EXPECT_EQ(visible_count(c.patches, c.ratio), c.keep) << c.patches << " at " << c.ratio;
}

TEST(VisibleCount, RefusesRatiosThatHideAllOrAreNone) {
  for (const double ratio : {-0.1, 1.0, 2.0, std::nan("")})
    EXPECT_THROW(visible_count(16, ratio), UsageError);
  EXPECT_THROW(visible_count(4, 0.9), UsageError);
}

Tensor noise_of(RandomStream& random, int64_t B, int64_t L) {
  Tensor noise = at::empty({B, L}, at::kFloat);
  float* out = noise.data_ptr<float>();
  for (int64_t i = 0; i < B * L; ++i) out[i] = random.uniform_float();
  return noise;
}

TEST(RandomMasking, KeepsTheSmallestNoiseAndRestoreUndoesTheShuffle) {
  RandomStream random(2, "selection-test");
  for (int trial = 0; trial < 40; ++trial) {
    const int64_t B = 1 + random.below(4), L = 2 + random.below(80);
    const double ratio = random.uniform(0.0, 0.9);
    if (static_cast<int64_t>(L * (1.0 - ratio)) < 1) continue;
    const Tensor noise = noise_of(random, B, L);
    const PatchSelection s = random_masking(noise, ratio);
    const int64_t keep = visible_count(L, ratio);
    ASSERT_EQ(s.ids_keep.size(1), keep);
    EXPECT_EQ(s.mask.sum().item<double>(), static_cast<double>(B * (L - keep)));
    for (int64_t b = 0; b < B; ++b) {
      const Tensor row = noise[b];
      const double largest_kept = row.index_select(0, s.ids_keep[b]).max().item<double>();
      for (int64_t j = 0; j < L; ++j) {
        const bool hidden = s.mask[b][j].item<float>() == 1.0f;
        EXPECT_EQ(hidden, row[j].item<double>() > largest_kept);
        EXPECT_EQ(hidden, s.ids_restore[b][j].item<int64_t>() >= keep);
      }
      EXPECT_TRUE(at::equal(std::get<0>(s.ids_restore[b].sort()), at::arange(L, at::kLong)));
      for (int64_t i = 0; i < keep; ++i) {  // restore is the inverse of the shuffle
        EXPECT_EQ(s.ids_restore[b][s.ids_keep[b][i]].item<int64_t>(), i);
      }
    }
  }
}

TEST(SelectionFromMask, KeepsRasterOrderAndTheMask) {
  Tensor mask = at::zeros({2, 6}, at::kByte);
  for (const int64_t j : {0, 2, 5}) mask[0][j] = 1;
  for (const int64_t j : {1, 3, 4}) mask[1][j] = 255;
  const PatchSelection s = selection_from_mask(mask);
  EXPECT_TRUE(at::equal(s.mask, mask.ne(0).to(at::kFloat)));
  const int64_t expected[2][3] = {{1, 3, 4}, {0, 2, 5}};
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(s.ids_keep[b][i].item<int64_t>(), expected[b][i]);
  }
}

TEST(SelectionFromMask, RefusesUnequalCountsAndAllHidden) {
  Tensor mask = at::zeros({2, 4}, at::kByte);
  mask[0][1] = 1;
  EXPECT_THROW(selection_from_mask(mask), UsageError);
  mask.fill_(1);
  EXPECT_THROW(selection_from_mask(mask), UsageError);
}

}  // namespace
}  // namespace mae
