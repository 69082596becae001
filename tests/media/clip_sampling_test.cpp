#include "mae/media/clip_sampling.h"

#include <gtest/gtest.h>

#include <set>

namespace mae {
namespace {

constexpr ClipShape kPublished{16, 4};

TEST(ClipSampling, AStridedClipStandsStillAtTheEnd) {
  EXPECT_EQ(strided_clip({4, 4}, 40, 3), (FrameList{3, 7, 11, 15}));
  EXPECT_EQ(strided_clip({5, 4}, 10, 0), (FrameList{0, 4, 8, 8, 8}));
  EXPECT_EQ(strided_clip({3, 4}, 1, 0), (FrameList{0, 0, 0}));
}

TEST(ClipSampling, PretrainingStartsAnywhereTheSpanFits) {
  std::set<int64_t> starts;
  for (uint32_t epoch = 0; epoch < 400; ++epoch) {
    RandomStream random(1, "augment", epoch, 7);
    const FrameList clip = random_clip(kPublished, 70, random);
    EXPECT_EQ(clip[15] - clip[0], 60);
    starts.insert(clip[0]);
  }
  EXPECT_EQ(starts, (std::set<int64_t>{0, 1, 2, 3, 4, 5, 6}));  // [0, n - 64]
}

TEST(ClipSampling, ClipsAreSpreadFromTheFirstFrameToTheLast) {
  EXPECT_EQ(spread_start(kPublished, 164, 0, 3), 0);
  EXPECT_EQ(spread_start(kPublished, 164, 1, 3), 50);
  EXPECT_EQ(spread_start(kPublished, 164, 2, 3), 100);
  EXPECT_EQ(spread_start(kPublished, 164, 0, 1), 50);
  EXPECT_EQ(spread_start(kPublished, 30, 0, 1), 0);
}

// numpy: linspace(s, s + 64, 16) clipped to the window, truncated: 0, 4, 8, 12, 17, ...
TEST(ClipSampling, FineTuningSpreadsOverTheWindowAsPublished) {
  RandomStream random(1, "augment", 0, 7);
  const FrameList clip = dense_clip(kPublished, 65, random);  // the only window starts at 0
  EXPECT_EQ(clip, (FrameList{0, 4, 8, 12, 17, 21, 25, 29, 34, 38, 42, 46, 51, 55, 59, 63}));
}

// numpy: linspace(0, 40, 10) clipped to 39, then 39 six times.
TEST(ClipSampling, FineTuningOnAShortVideoRepeatsItsLastFrame) {
  RandomStream random(1, "augment", 0, 7);
  EXPECT_EQ(dense_clip(kPublished, 40, random),
            (FrameList{0, 4, 8, 13, 17, 22, 26, 31, 35, 39, 39, 39, 39, 39, 39, 39}));
  EXPECT_EQ(dense_clip(kPublished, 2, random), FrameList(16, 1));
}

TEST(ClipSampling, SegmentsGiveOneFrameEach) {
  for (uint32_t epoch = 0; epoch < 50; ++epoch) {
    RandomStream random(1, "augment", epoch, 7);
    const FrameList clip = segment_clip(kPublished, 160, random);
    for (int64_t i = 0; i < 16; ++i) EXPECT_EQ(clip[static_cast<size_t>(i)] / 10, i);
  }
  RandomStream random(1, "augment", 0, 7);
  EXPECT_EQ(segment_clip({4, 1}, 2, random), (FrameList{0, 0, 1, 1}));
}

TEST(ClipSampling, TestSegmentsReachFromEndToEnd) {
  const FrameList first = test_clip(kPublished, 300, 0, 5), last = test_clip(kPublished, 300, 4, 5);
  EXPECT_EQ(first[0], 0);
  EXPECT_EQ(last[15], 296);  // 75 frames of stride 4
  EXPECT_EQ(test_clip(kPublished, 300, 1, 5)[0], 4 * (59 / 4));
  EXPECT_EQ(test_clip(kPublished, 10, 3, 5), test_clip(kPublished, 10, 0, 5));
  EXPECT_EQ(test_clip({4, 4}, 10, 0, 5), (FrameList{0, 4, 8, 8}));
}

}  // namespace
}  // namespace mae
