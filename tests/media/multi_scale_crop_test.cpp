#include "mae/media/multi_scale_crop.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace mae {
namespace {

TEST(MultiScaleCrop, SizesAndPlacesAreThePublishedOnes) {
  std::set<std::pair<int64_t, int64_t>> sizes, corners;
  for (uint64_t id = 0; id < 3000; ++id) {
    RandomStream random(1, "augment", 0, id);
    const Box box = multi_scale_crop_box({200, 300}, {112, 112}, random);
    EXPECT_LE(box.top + box.height, 200);
    EXPECT_LE(box.left + box.width, 300);
    sizes.insert({box.height, box.width});
    if (box.height == 200 && box.width == 200) corners.insert({box.top, box.left});
  }
  // 1, 0.875, 0.75 and 0.66 of 200, neighbours at most: ten pairs.
  EXPECT_EQ(sizes.size(), 10u);
  EXPECT_EQ(sizes.count({200, 175}), 1u);
  EXPECT_EQ(sizes.count({200, 150}), 0u);
  EXPECT_EQ(sizes.count({132, 132}), 1u);
  EXPECT_EQ(corners,
            (std::set<std::pair<int64_t, int64_t>>{{0, 0}, {0, 25}, {0, 50}, {0, 75}, {0, 100}}));
}

TEST(MultiScaleCrop, ASideNearTheTargetsBecomesIt) {
  std::set<int64_t> heights;
  for (uint64_t id = 0; id < 300; ++id) {
    RandomStream random(1, "augment", 0, id);
    heights.insert(multi_scale_crop_box({226, 300}, {224, 224}, random).height);
  }
  EXPECT_EQ(heights.count(224), 1u);
  EXPECT_EQ(heights.count(226), 0u);
}

}  // namespace
}  // namespace mae
