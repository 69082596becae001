#include "mae/masking/tube_mask.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "mae/base/error.h"

namespace mae {
namespace {

// The hidden count is what is floored, as published: MAE would hide 177 of 196 at 0.9.
TEST(TubeMask, HidesThePublishedCounts) {
  for (const auto& [ratio, hidden] : {std::pair(0.9, 176),
                                      {0.95, 186},
                                      {0.75, 147},
                                      {0.5, 98},
                                      {0.8, 156},
                                      {0.85, 166},
                                      {0.0, 0}})
    EXPECT_EQ(tube_hidden_count(196, ratio), hidden) << ratio;
  EXPECT_THROW(tube_hidden_count(196, 1.0), UsageError);
  EXPECT_THROW(tube_hidden_count(196, -0.1), UsageError);
}

TEST(TubeMask, LargestNoiseIsHiddenAtAllTimes) {
  const std::vector<uint8_t> mask = tube_mask({0.7F, 0.1F, 0.9F, 0.3F}, 3, 0.5);
  EXPECT_EQ(mask, (std::vector<uint8_t>{1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0}));
}

TEST(TubeMask, EqualNoiseKeepsTheFirst) {
  EXPECT_EQ(tube_mask({0.5F, 0.5F, 0.5F, 0.5F}, 1, 0.75), (std::vector<uint8_t>{0, 1, 1, 1}));
}

}  // namespace
}  // namespace mae
