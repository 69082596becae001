#include "mae/masking/word_mask.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"

namespace mae {
namespace {

TEST(WordMask, KeepsAsManyInEveryRow) {
  const PatchSelection words = draw_word_selection(64, 0.75, 3, "text-mask", 0, {1, 2, 3});
  EXPECT_EQ(words.ids_keep.sizes(), (std::vector<int64_t>{3, 16}));
  EXPECT_EQ(words.mask.sum(/*dim=*/1).min().item<float>(), 48);
  EXPECT_EQ(words.mask.sum(/*dim=*/1).max().item<float>(), 48);
  EXPECT_FALSE(at::equal(words.mask[0], words.mask[1]));
}

TEST(WordMask, DependsOnSeedPurposeEpochAndIdAlone) {
  const auto mask = [](uint64_t seed, const char* purpose, uint32_t epoch, uint64_t id) {
    return draw_word_selection(32, 0.5, seed, purpose, epoch, {9, id}).mask[1];
  };
  const Tensor one = mask(1, "a", 0, 5);
  EXPECT_TRUE(at::equal(one, draw_word_selection(32, 0.5, 1, "a", 0, {5}).mask[0]));
  for (const Tensor& other :
       {mask(2, "a", 0, 5), mask(1, "b", 0, 5), mask(1, "a", 1, 5), mask(1, "a", 0, 6)})
    EXPECT_FALSE(at::equal(one, other));
}

TEST(WordMask, RatiosThatKeepNothingAreRefused) {
  for (const double ratio : {-0.1, 1.0, 0.95}) {
    EXPECT_THROW(draw_word_selection(8, ratio, 0, "a", 0, {1}), UsageError) << ratio;
  }
  EXPECT_NO_THROW(draw_word_selection(8, 0, 0, "a", 0, {1}));
}

}  // namespace
}  // namespace mae
