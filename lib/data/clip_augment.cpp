#include "mae/data/clip_augment.h"

#include <optional>

#include "mae/media/frame_resize.h"
#include "mae/media/multi_scale_crop.h"
#include "mae/media/resample.h"

namespace mae {
namespace {

/// Taking the stream by value makes the draws the same for all frames.
Image tune_frame(const Image& frame, const AugmentOptions& options, RandomStream random) {
  const Image changed =
      options.rand_augment ? rand_augment(frame, *options.rand_augment, random) : frame;
  const Box box = random_crop_box({frame.height, frame.width}, options.crop, random);
  Image out = resize_linear(crop(changed, box), options.img_size);
  const bool flip = options.horizontal_flip && random.uniform() < 0.5;
  return flip ? flip_horizontal(out) : out;
}

Image multi_scale_frame(const Image& frame, const AugmentOptions& options, RandomStream random) {
  const Box box = multi_scale_crop_box({frame.height, frame.width}, options.img_size, random);
  return crop_and_resample(frame, box, options.img_size, Filter::kBilinear);
}

Image augment_frame(const Image& frame, const AugmentOptions& options, RandomStream random) {
  switch (options.augment) {
    case Augment::kNone:
      return evaluation_frame(frame, options.img_size);
    case Augment::kMultiScale:
      return multi_scale_frame(frame, options, random);
    case Augment::kCrop:
      return tune_frame(frame, options, random);
    default:
      return augment_image(frame, options, random);
  }
}

FrameList draw_frames(const AugmentOptions& options, const ClipShape& shape, int64_t video_frames,
                      RandomStream random) {
  switch (options.clip_sampling) {
    case ClipSampling::kDense:
      return dense_clip(shape, video_frames, random);
    case ClipSampling::kSegments:
      return segment_clip(shape, video_frames, random);
    case ClipSampling::kStrided:
      break;
  }
  return random_clip(shape, video_frames, random);
}

}  // namespace

Image prepare_sample(const SampleDataset& dataset, int64_t index, const AugmentOptions& options,
                     const AugmentKey& key) {
  const uint64_t id = dataset.id(index);
  RandomStream random(key.seed, key.purpose, key.epoch, id);
  const ClipShape shape = dataset.clip_shape();
  if (shape.frames == 1) {
    const auto looked_at = [&](Size2d size) { return reach_of_augment(size, options, random); };
    return augment_image(dataset.image_part(index, looked_at), options, random);
  }
  if (options.augment == Augment::kNone) return evaluation_sample(dataset, index, options.img_size);
  const RandomStream frames(key.seed, key.purpose + "-frames", key.epoch, id);
  const auto plan = [&](int64_t video_frames) {
    return std::vector<FrameList>{draw_frames(options, shape, video_frames, frames)};
  };
  return augment_clip(dataset.clips(index, plan).front(), shape.frames, options, random);
}

Image augment_clip(const Image& tall, int64_t frames, const AugmentOptions& options,
                   const RandomStream& random) {
  return map_frames(tall, frames,
                    [&](const Image& frame) { return augment_frame(frame, options, random); });
}

Image evaluation_sample(const SampleDataset& dataset, int64_t index, Size2d img_size) {
  const int64_t frames = dataset.frames();
  if (frames == 1) {
    const auto looked_at = [&](Size2d size) { return reach_of_evaluation(size, img_size); };
    return evaluation_image(dataset.image_part(index, looked_at), img_size);
  }
  Image tall = dataset.image(index);
  if (tall.width == img_size.width && tall.height == frames * img_size.height) return tall;
  return map_frames(tall, frames,
                    [&](const Image& frame) { return evaluation_frame(frame, img_size); });
}

std::vector<uint8_t> rand_augment_fill(const std::vector<double>& mean, int64_t frames) {
  constexpr uint8_t kGrey = 128;
  return frames > 1 ? std::vector<uint8_t>(mean.size(), kGrey) : fill_of_mean(mean);
}

}  // namespace mae
