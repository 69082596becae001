// Every patch is visible once, and each copy is a random mask.
#include "mae/masking/complementary_mask.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <tuple>

#include "mae/base/error.h"
#include "mae/base/random_stream.h"
#include "mae/masking/mask_strategy.h"

namespace mae {
namespace {

Tensor noise_of(int64_t batch, int64_t patches) {
  Tensor noise = at::empty({batch, patches}, at::kDouble);
  RandomStream random(3, "complementary-test", 0, 0);
  for (int64_t i = 0; i < noise.numel(); ++i) noise.data_ptr<double>()[i] = random.uniform(0, 1);
  return noise;
}

TEST(ComplementaryMasking, ShowsEveryPatchOnce) {
  for (const auto& [patches, ratio, copies] :
       {std::tuple{196, 0.75, 4}, std::tuple{16, 0.75, 4}, std::tuple{12, 0.5, 2}}) {
    const Tensor noise = noise_of(3, patches);
    const PatchSelection s = complementary_masking(noise, ratio);
    ASSERT_EQ(s.mask.sizes().vec(), (std::vector<int64_t>{3 * copies, patches}));
    const Tensor shown = (1 - s.mask).reshape({copies, 3, patches}).sum(0);
    EXPECT_TRUE(shown.eq(1).all().item<bool>());
    // ids_restore undoes [visible; hidden], and ids_keep names what the mask shows.
    for (int64_t row = 0; row < s.mask.size(0); ++row) {
      for (int64_t i = 0; i < s.ids_keep.size(1); ++i) {
        const int64_t patch = s.ids_keep[row][i].item<int64_t>();
        EXPECT_EQ(s.mask[row][patch].item<float>(), 0);
        EXPECT_EQ(s.ids_restore[row][patch].item<int64_t>(), i);
      }
    }
  }
}

TEST(ComplementaryMasking, ItsFirstCopyIsRandomMasking) {
  const Tensor noise = noise_of(2, 64);
  const PatchSelection all = complementary_masking(noise, 0.75), one = random_masking(noise, 0.75);
  EXPECT_TRUE(at::equal(all.ids_keep.slice(0, 0, 2), one.ids_keep));
  EXPECT_TRUE(at::equal(all.ids_restore.slice(0, 0, 2), one.ids_restore));
  EXPECT_TRUE(at::equal(all.mask.slice(0, 0, 2), one.mask));
}

TEST(ComplementaryMasking, IsDrawnByItsNameFromTheStreamsOfRandomMasks) {
  const MaskingOptions options{parse_mask_strategy("complementary"), 0.75};
  const PatchSelection all = draw_selection(options, Size2d{4, 4}, 1, 2, {7, 8});
  const PatchSelection one =
      draw_selection({MaskStrategy::kRandom, 0.75}, Size2d{4, 4}, 1, 2, {7, 8});
  EXPECT_EQ(mask_strategy_name(options.strategy), "complementary");
  ASSERT_EQ(all.mask.size(0), 8);
  EXPECT_TRUE(at::equal(all.mask.slice(0, 0, 2), one.mask));
  // A single mask, for validation and for a mask file, is the first of them.
  RandomStream random(1, "mask", 2, 7), again(1, "mask", 2, 7);
  EXPECT_EQ(draw_mask(options, Size2d{4, 4}, random),
            draw_mask({MaskStrategy::kRandom, 0.75}, Size2d{4, 4}, again));
}

TEST(ComplementaryMasking, RefusesUnequalRuns) {
  EXPECT_THROW(complementary_masking(noise_of(1, 49), 0.75), UsageError);
  EXPECT_THROW(complementary_masking(noise_of(1, 16), 0.6), UsageError);
  const MaskingOptions options{MaskStrategy::kComplementary, 0.75};
  EXPECT_THROW(visible_count(options, 49), UsageError);
  EXPECT_EQ(visible_count(options, 196), 49);
}

}  // namespace
}  // namespace mae
