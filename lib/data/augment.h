// Training draws: from a stored picture to model-sized pixels, each choice from the sample's own
// stream.
#pragma once

#include <optional>
#include <string>

#include "mae/base/random_stream.h"
#include "mae/base/size2d.h"
#include "mae/media/image.h"
#include "mae/media/rand_augment.h"
#include "mae/media/random_crop.h"

namespace mae {

/// MAE, Table 1(e). kNone: the evaluation's resize and central crop. kFlip: that, and a flip with
/// probability 1/2. kCropFixed: a random window of the model's size from the resized picture, and
/// flip; a picture that has the model's size is padded by an eighth with its mirror image first.
/// kCrop: RandomResizedCrop and flip (the default recipe). kCropColor: that with colour jitter 0.4.
/// kMultiScale: VideoMAE's crop of one of a few sizes, bilinear, without flip (multi_scale_crop.h).
enum class Augment { kNone, kFlip, kCropFixed, kCrop, kCropColor, kMultiScale };

/// Which frames of a video make a training clip: random_clip, dense_clip or segment_clip of
/// mae/media/clip_sampling.h.
enum class ClipSampling { kStrided, kDense, kSegments };
ClipSampling parse_clip_sampling(const std::string& name);  ///< "strided", "dense", "segments"

Augment parse_augment(const std::string& name);  ///< "none", "flip", "crop-fixed", "crop",
                                                 ///< "crop-color"; UsageError otherwise
std::string augment_name(Augment augment);

struct AugmentOptions {
  Augment augment = Augment::kCrop;
  Size2d img_size{224, 224};
  RandomCropOptions crop;       ///< scale and ratio of kCrop
  bool horizontal_flip = true;  ///< off for digits and text
  /// After the flip, of fine-tuning; takes the place of colour jitter, as published.
  std::optional<RandAugmentOptions> rand_augment;
  /// Strength of changes to brightness, contrast and saturation; 0: kCropColor's 0.4.
  double color_jitter = 0;
  ClipSampling clip_sampling = ClipSampling::kStrided;
};

/// A picture of options.img_size. Nothing is resampled where a stored picture has that size and no
/// crop is asked for. kNone leaves colours and geometry alone whatever the other options say.
Image augment_image(const Image& image, const AugmentOptions& options, RandomStream& random);

/// The part of a picture of this size that augment_image() looks at, given the same random numbers.
Box reach_of_augment(Size2d image, const AugmentOptions& options, RandomStream random);

/// The published evaluation: resize by bicubic interpolation to 256/224 of the model's size
/// (evaluation_short_side), central crop. A picture that has the model's size is returned as it is.
Image evaluation_image(const Image& image, Size2d img_size);
/// The part of a picture of this size that it looks at.
Box reach_of_evaluation(Size2d image, Size2d img_size);

}  // namespace mae
