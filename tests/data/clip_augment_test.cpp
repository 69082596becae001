#include "mae/data/clip_augment.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/data/batch_loader.h"
#include "mae/data/view_dataset.h"
#include "support/memory_dataset.h"

namespace mae {
namespace {

/// Videos of `length` frames; frame f of video i is f + i everywhere but for a slope to the right.
class Videos : public test::MemoryDataset {
 public:
  Videos(int64_t count, int64_t length, ClipShape shape, Size2d size = {8, 12})
      : MemoryDataset(count, size), length_(length), shape_(shape), frame_(size) {}
  ClipShape clip_shape() const override { return shape_; }
  Image image(int64_t index) const override {
    return clip(index, strided_clip(shape_, length_, 0));
  }
  std::vector<Image> clips(int64_t index, const ClipPlan& plan) const override {
    std::vector<Image> clips;
    for (const FrameList& list : plan(length_)) clips.push_back(clip(index, list));
    return clips;
  }

 private:
  Image clip(int64_t index, const FrameList& list) const {
    std::vector<Image> frames;
    for (const int64_t f : list) {
      Image frame{frame_.height, frame_.width, 3, 8, {}};
      for (int64_t i = 0; i < frame_.area() * 3; ++i)
        frame.bytes.push_back(static_cast<uint8_t>(f + index + 8 * (i / 3 % frame_.width)));
      frames.push_back(frame);
    }
    return stack_frames(frames);
  }
  int64_t length_;
  ClipShape shape_;
  Size2d frame_;
};

AugmentOptions options_of(Augment augment) {
  AugmentOptions options;
  options.augment = augment;
  options.img_size = {8, 8};
  options.crop.min_scale = 0.3;
  return options;
}

class Augmentations : public testing::TestWithParam<Augment> {};

// All frames of one still picture come out equal, whatever is drawn.
TEST_P(Augmentations, ChangeAllFramesAlike) {
  AugmentOptions options = options_of(GetParam());
  if (GetParam() == Augment::kCrop) options.rand_augment = RandAugmentOptions{7, 4};
  const Videos still(1, 1, {4, 4});
  std::set<std::vector<uint8_t>> different;
  for (uint32_t epoch = 0; epoch < 12; ++epoch) {
    const Image tall = prepare_sample(still, 0, options, {3, "augment", epoch});
    ASSERT_EQ(tall.height, 4 * 8);
    ASSERT_EQ(tall.width, 8);
    for (int64_t t = 1; t < 4; ++t)
      EXPECT_EQ(frame_of_clip(tall, t, 4).bytes, frame_of_clip(tall, 0, 4).bytes);
    different.insert(tall.bytes);
  }
  if (GetParam() == Augment::kNone)
    EXPECT_EQ(different.size(), 1u);
  else
    EXPECT_GT(different.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(All, Augmentations,
                         testing::Values(Augment::kNone, Augment::kFlip, Augment::kCropFixed,
                                         Augment::kCrop, Augment::kCropColor,
                                         Augment::kMultiScale));

TEST(ClipAugment, EveryEpochTakesOtherFramesOfAVideo) {
  const Videos videos(2, 100, {4, 4}, {8, 8});
  AugmentOptions options = options_of(Augment::kFlip);
  options.horizontal_flip = false;
  std::set<int> first;
  for (uint32_t epoch = 0; epoch < 8; ++epoch) {
    const Image tall = prepare_sample(videos, 1, options, {3, "augment", epoch});
    const auto level = [&](int64_t t) { return int{frame_of_clip(tall, t, 4).bytes[0]}; };
    for (int64_t t = 1; t < 4; ++t) EXPECT_EQ(level(t), level(0) + 4 * t);
    first.insert(level(0));
  }
  EXPECT_GT(first.size(), 3u);
}

TEST(ClipAugment, BatchesHaveATimeDimension) {
  const auto videos = std::make_shared<Videos>(3, 40, ClipShape{4, 4});
  LoaderOptions loading;
  loading.batch_size = 3;
  loading.augment = options_of(Augment::kNone);
  loading.stats = videos->pixel_stats();
  BatchLoader loader(videos, loading);
  loader.start_epoch(0);
  const Batch batch = *loader.next();
  ASSERT_EQ(batch.images.sizes().vec(), (std::vector<int64_t>{3, 3, 4, 8, 8}));
  // Sample 2, channel 1, frame 3, row 5, column 0: frame 12 of the video at column 2 of its middle.
  const double value = batch.images[2][1][3][5][0].item<double>();
  EXPECT_NEAR(value, ((12 + 2 + 8 * 2) / 255.0 - 0.5) / 0.25, 1e-5);
  const Tensor same =
      normalize_images({evaluation_sample(*videos, 2, {8, 8})}, videos->pixel_stats(), 4);
  EXPECT_EQ(same.sizes().vec(), (std::vector<int64_t>{1, 3, 4, 8, 8}));
  EXPECT_TRUE(at::equal(same[0], batch.images[2]));
}

TEST(ClipAugment, RandAugmentFillsClipsWithGrey) {
  EXPECT_EQ(rand_augment_fill({0.5, 0.25, 0.0}, 16), (std::vector<uint8_t>{128, 128, 128}));
  EXPECT_EQ(rand_augment_fill({0.5, 0.25, 0.0}, 1), fill_of_mean({0.5, 0.25, 0.0}));
}

TEST(ViewDataset, ViewsAreSegmentsTimesCrops) {
  const auto videos = std::make_shared<Videos>(2, 40, ClipShape{4, 4}, Size2d{8, 12});
  const auto views = view_dataset(videos, {3, 2}, {8, 8});
  ASSERT_EQ(views->size(), 12);
  EXPECT_EQ(views->name(7), videos->name(1) + "@0.1");
  EXPECT_EQ(views->label(7), videos->label(1));
  const auto first = [&](int64_t view) { return int{views->image(view).bytes[0]}; };
  EXPECT_EQ(first(0), 0);                   // segment 0, left
  EXPECT_EQ(first(1), 8 * 4);               // right
  EXPECT_EQ(first(2), 4 * 3);               // the middle of 10 strided frames
  EXPECT_EQ(first(4), 4 * 6);               // the last
  EXPECT_EQ(first(6 + 5), 1 + 4 * 6 + 32);  // the other video
  EXPECT_EQ(views->image(0).height, 4 * 8);
}

TEST(ViewDataset, OneViewIsTheSampleItself) {
  const auto videos = std::make_shared<Videos>(2, 40, ClipShape{4, 4});
  EXPECT_EQ(view_dataset(videos, {1, 1}, {8, 8}), videos);
  EXPECT_THROW(view_dataset(videos, {0, 1}, {8, 8}), UsageError);
  const auto pictures = std::make_shared<test::MemoryDataset>(2, Size2d{8, 8});
  EXPECT_THROW(view_dataset(pictures, {2, 1}, {8, 8}), UsageError);
}

}  // namespace
}  // namespace mae
