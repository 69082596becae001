// The hidden count is floored, and a batch shares one mask.
#include "mae/masking/mixed_mask.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <numeric>

#include "mae/base/error.h"
#include "mae/masking/mask_strategy.h"

namespace mae {
namespace {

TEST(MixedMask, HidesTheSmallestNoiseAndFloorsTheHiddenCount) {
  EXPECT_EQ(mixed_mask({0.9f, 0.1f, 0.5f, 0.2f, 0.8f}, 0.5), (std::vector<uint8_t>{0, 1, 0, 1, 0}));
  EXPECT_EQ(mixed_hidden_count(49, 0.5), 24);
  EXPECT_EQ(visible_count({MaskStrategy::kMixed, 0.5}, 49), 25);
  EXPECT_EQ(visible_count({MaskStrategy::kRandom, 0.5}, 49), 24);
  EXPECT_THROW(mixed_hidden_count(49, 1.0), UsageError);
}

TEST(MixedMask, ABatchSharesTheMaskOfItsFirstSample) {
  const MaskingOptions options{MaskStrategy::kMixed, 0.5};
  const auto batch = draw_selection(options, Size2d{7, 7}, 1, 3, {5, 6, 7});
  EXPECT_TRUE(at::equal(batch.mask[0], batch.mask[2]));
  EXPECT_EQ(batch.mask[0].sum().item<float>(), 24.0f);
  EXPECT_TRUE(at::equal(batch.mask[0], draw_selection(options, Size2d{7, 7}, 1, 3, {5}).mask[0]));
  EXPECT_FALSE(at::equal(batch.mask[0], draw_selection(options, Size2d{7, 7}, 1, 3, {6}).mask[0]));
}

}  // namespace
}  // namespace mae
