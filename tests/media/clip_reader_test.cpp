#include "mae/media/clip_reader.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "pictures.h"

namespace mae {
namespace {

std::string video(const std::string& name) { return golden_path("videos/" + name); }

ClipPlan plan_of(const ClipShape& shape, int64_t* frames = nullptr) {
  return [=](int64_t n) {
    if (frames) *frames = n;
    return std::vector<FrameList>{strided_clip(shape, n, 0)};
  };
}

std::vector<Image> clips_of(const std::string& name, const ClipPlan& plan, bool confined = false,
                            int64_t channels = 3) {
  DecodeOptions decode;
  decode.confined = confined;
  decode.channels = channels;
  std::vector<Image> clips;
  read_video_clips(video(name), decode, plan, {}, [&](size_t clip, Image tall) {
    clips.resize(std::max(clips.size(), clip + 1));
    clips[clip] = std::move(tall);
  });
  return clips;
}

/// The grey of a frame, away from the square.
int level(const Image& tall, int64_t t, int64_t frames) {
  const Image frame = frame_of_clip(tall, t, frames);
  return frame.bytes[static_cast<size_t>(20 * frame.row_bytes())];
}

class Containers : public testing::TestWithParam<const char*> {};

TEST_P(Containers, FramesAreTheOnesAskedFor) {
  int64_t frames = 0;
  const std::vector<Image> clips = clips_of(GetParam(), plan_of({10, 4}, &frames));
  EXPECT_EQ(frames, 40);
  ASSERT_EQ(clips.size(), 1u);
  EXPECT_EQ(clips[0].height, 240);
  EXPECT_EQ(clips[0].width, 32);
  EXPECT_EQ(clips[0].channels, 3);
  for (int64_t t = 0; t < 10; ++t)
    EXPECT_NEAR(level(clips[0], t, 10), 20 + 20 * t, 6) << t;  // lossy
}

INSTANTIATE_TEST_SUITE_P(Kinds, Containers, testing::Values("ramp.avi", "ramp.mp4", "ramp.mkv"));

TEST(ClipReader, AConfinedChildGivesTheSame) {
  const ClipPlan plan = [](int64_t n) {
    return std::vector<FrameList>{strided_clip({4, 2}, n, 0), strided_clip({4, 2}, n, 5)};
  };
  const std::vector<Image> here = clips_of("ramp.mp4", plan);
  const std::vector<Image> there = clips_of("ramp.mp4", plan, /*confined=*/true);
  ASSERT_EQ(there.size(), 2u);
  EXPECT_EQ(there[0].bytes, here[0].bytes);
  EXPECT_EQ(there[1].bytes, here[1].bytes);
}

TEST(ClipReader, GifsAreCountedByFramesNotByTime) {
  for (const char* name : {"steady.gif", "variable-rate.gif"}) {
    const std::vector<Image> clips = clips_of(name, plan_of({5, 4}));
    for (int64_t t = 0; t < 5; ++t) EXPECT_NEAR(level(clips[0], t, 5), 12 * t, 1) << name << t;
  }
}

TEST(ClipReader, ShortVideosRepeatTheirLastFrame) {
  const std::vector<Image> one = clips_of("one-frame.avi", plan_of({4, 4}));
  for (int64_t t = 0; t < 4; ++t) EXPECT_NEAR(level(one[0], t, 4), 20, 2);
  const std::vector<Image> ten = clips_of("short.avi", plan_of({4, 4}));
  EXPECT_NEAR(level(ten[0], 2, 4), 60, 2);
  EXPECT_NEAR(level(ten[0], 3, 4), 60, 2);
}

// 43 frames are declared, 40 come.
TEST(ClipReader, AnEstimateThatIsALittleWrongIsPutRight) {
  std::vector<int64_t> counts;
  const std::vector<Image> clips = clips_of("estimated.mkv", [&](int64_t n) {
    counts.push_back(n);
    return std::vector<FrameList>{{0, n - 1}};
  });
  EXPECT_EQ(counts, (std::vector<int64_t>{43, 40}));
  EXPECT_NEAR(level(clips[0], 1, 2), 20 + 5 * 39, 2);
}

TEST(ClipReader, GreyVideosHaveOneChannel) {
  const std::vector<Image> clips = clips_of("ramp.avi", plan_of({2, 4}), false, 1);
  EXPECT_EQ(clips[0].channels, 1);
  EXPECT_NEAR(level(clips[0], 1, 2), 40, 2);
}

TEST(ClipReader, FramesAreFittedBeforeTheyAreKept) {
  std::vector<Image> clips;
  read_video_clips(
      video("ramp.avi"), {}, plan_of({3, 1}),
      [](const Image& frame) {
        return crop(frame, {8, 8, 4, 6});
      },
      [&](size_t, Image tall) { clips.push_back(std::move(tall)); });
  EXPECT_EQ(clips[0].height, 12);
  EXPECT_EQ(clips[0].width, 6);
}

class Broken : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Broken, SaysWhatIsWrong) {
  for (const bool confined : {false, true}) {
    try {
      clips_of(
          GetParam().first, [](int64_t n) { return std::vector<FrameList>{{n - 1}}; }, confined);
      ADD_FAILURE() << "no error";
    } catch (const DataError& error) {
      EXPECT_NE(error.line().find(GetParam().second), std::string::npos) << error.line();
      EXPECT_NE(error.line().find(GetParam().first), std::string::npos) << error.line();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Broken,
                         testing::Values(std::make_pair("cut.avi", "only 10 of the 40 frames"),
                                         std::make_pair("half.mkv", "only 40 of the 80 frames"),
                                         std::make_pair("cut.mp4", "cannot be opened"),
                                         std::make_pair("empty.mp4", "is empty"),
                                         std::make_pair("noise.mp4", "cannot be opened"),
                                         std::make_pair("playlist.mp4", "cannot be opened"),
                                         std::make_pair("nowhere.mp4", "")));

TEST(ClipReader, AFrameOfTooManyPixelsIsRefused) {
  DecodeOptions decode;
  decode.max_pixels = 700;
  EXPECT_THROW(read_video_clips(video("ramp.avi"), decode, plan_of({2, 1}), {}, {}), DataError);
}

TEST(ClipReader, FoldersOfFramesAreRead) {
  const std::string picture = golden_path("videos/ramp.avi");
  const Image red = image_of(2, 3, 1, {1, 2, 3, 4, 5, 6});
  const Image tall = stack_frames({red, flip_horizontal(red)});
  EXPECT_EQ(tall.bytes, (std::vector<uint8_t>{1, 2, 3, 4, 5, 6, 3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(frame_of_clip(tall, 1, 2).bytes, flip_horizontal(red).bytes);
  EXPECT_EQ(map_frames(tall, 2, flip_horizontal).bytes,
            (std::vector<uint8_t>{3, 2, 1, 6, 5, 4, 1, 2, 3, 4, 5, 6}));
}

}  // namespace
}  // namespace mae
