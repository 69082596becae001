#include "mae/sources/clip_source.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/media/image_decode.h"
#include "scratch.h"

namespace mae {
namespace {

std::string video(const std::string& name) {
  return std::string(MAE_TESTS_DIR) + "/golden/videos/" + name;
}

SourceOptions clips(int64_t per_video = 1) {
  SourceOptions options;
  options.clips = ClipOptions{{4, 4}, per_video, {}};
  return options;
}

class ClipSourceTest : public ScratchTest {
 protected:
  void copy(const std::string& name, const std::string& to) { write(to, read_file(video(name))); }
  void add_frames(const std::string& folder, int count) {
    for (int i = 0; i < count; ++i) {
      const Image grey{2, 3, 3, 8, std::vector<uint8_t>(18, static_cast<uint8_t>(10 * i))};
      write(folder + "/" + std::to_string(100 + i) + ".png", encode_png(grey));
    }
  }
};

TEST_F(ClipSourceTest, ClassFoldersHoldVideosAndFoldersOfFrames) {
  copy("ramp.avi", "left/a.avi");
  copy("short.avi", "right/b.avi");
  add_frames("right/c", 6);
  const auto source = open_image_source({root_}, clips());
  ASSERT_EQ(source->size(), 3);
  EXPECT_EQ(source->class_names(), (std::vector<std::string>{"left", "right"}));
  EXPECT_EQ(source->item(2).name, "right/c");
  EXPECT_EQ(source->item(2).label, 1);
  const Image tall = source->load(2, {});
  EXPECT_EQ(tall.height, 8);
  EXPECT_EQ(tall.bytes[18], 40);  // frames 0, 4, 4, 4
  EXPECT_EQ(tall.bytes[3 * 18], 40);
}

TEST_F(ClipSourceTest, AFolderOfFramesIsAClip) {
  add_frames("walk", 20);
  const auto source = open_image_source({path("walk")}, clips());
  ASSERT_EQ(source->size(), 1);
  EXPECT_EQ(source->item(0).name, "walk");
  EXPECT_EQ(source->load(0, {}).bytes[0], 20);  // the middle: (20 - 16) / 2
}

TEST_F(ClipSourceTest, SeveralClipsOfAVideoAreSpreadOverIt) {
  const auto source = open_image_source({video("ramp.mkv")}, clips(3));
  ASSERT_EQ(source->size(), 3);
  EXPECT_EQ(source->item(1).name, "ramp.mkv:1");
  for (int64_t k = 0; k < 3; ++k) {
    const Image tall = source->load(k, {});
    EXPECT_NEAR(tall.bytes[static_cast<size_t>(20 * tall.row_bytes())], 20 + 5 * 12 * k, 2);
  }
}

TEST_F(ClipSourceTest, DigestsStandForTheBytes) {
  copy("ramp.avi", "a.avi");
  copy("ramp.avi", "b.avi");
  copy("short.avi", "c.avi");
  const auto source = open_image_source({root_}, clips());
  EXPECT_EQ(source->read(0), source->read(1));
  EXPECT_NE(source->read(0), source->read(2));
}

TEST_F(ClipSourceTest, ListsAndTablesNameVideos) {
  copy("ramp.avi", "a.avi");
  copy("short.avi", "b.avi");
  write("list.txt", "b.avi\na.avi\n");
  write("table.csv", "video,label\na.avi,run\nb.avi,walk\n");
  EXPECT_EQ(open_image_source({path("list.txt")}, clips())->item(0).name, "b.avi");
  EXPECT_EQ(open_image_source({path("table.csv")}, clips())->item(1).label, 1);
}

TEST_F(ClipSourceTest, WhatTheFirstThingFoundIs) {
  copy("ramp.avi", "videos/x/a.avi");
  add_frames("pictures/x", 2);
  EXPECT_TRUE(is_video_operand(path("videos")));
  EXPECT_FALSE(is_video_operand(path("pictures")));
  EXPECT_TRUE(is_video_operand(video("steady.gif")));
  EXPECT_FALSE(is_video_operand(path("none.mp4")));
}

TEST_F(ClipSourceTest, SaysWhatIsNoVideo) {
  write("empty/readme.txt", "");
  EXPECT_THROW(open_image_source({path("empty")}, clips()), DataError);
  EXPECT_THROW(open_image_source({path("nowhere")}, clips()), DataError);
  add_frames("walk", 2);
  EXPECT_THROW(open_image_source({path("walk/100.png")}, clips()), DataError);
  const auto pictures = open_image_source({path("walk")});
  EXPECT_THROW(pictures->decode_clips(0, {}, {}), DataError);
}

}  // namespace
}  // namespace mae
