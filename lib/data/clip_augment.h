// Training draws for clips: which frames of a video, and the same crop, flip and colours for all of
// them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mae/data/augment.h"
#include "mae/data/sample_dataset.h"

namespace mae {

/// Names of random streams.
struct AugmentKey {
  uint64_t seed = 0;
  std::string purpose = "augment";
  uint32_t epoch = 0;
};

/// A sample as the model takes it, of options.img_size: a picture by augment_image; a clip by
/// augment_clip, its frames drawn from the stream (seed, PURPOSE-frames, epoch, id). Without
/// augmentation the sample's own clip, for videos the one in their middle.
Image prepare_sample(const SampleDataset& dataset, int64_t index, const AugmentOptions& options,
                     const AugmentKey& key);

/// Every frame changed with the same draws. kCrop with RandAugment is the published fine-tuning
/// (spec 7.7): RandAugment first, then crop, bilinear without antialiasing, and flip; kMultiScale
/// the published pretraining; kNone the published evaluation (evaluation_frame). The others are
/// those of pictures.
Image augment_clip(const Image& tall, int64_t frames, const AugmentOptions& options,
                   const RandomStream& random);

/// The published evaluation of a sample: evaluation_image, of clips evaluation_frame.
/// throws DataError  as image()
Image evaluation_sample(const SampleDataset& dataset, int64_t index, Size2d img_size);

/// What RandAugment fills corners with: the mean of the pixels, in clips mid-grey, as published.
std::vector<uint8_t> rand_augment_fill(const std::vector<double>& mean, int64_t frames);

}  // namespace mae
