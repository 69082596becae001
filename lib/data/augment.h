// Training draws: from a stored picture to model-sized pixels, each choice from the sample's own stream.
#pragma once

#include <string>

#include "mae/base/random_stream.h"
#include "mae/base/size2d.h"
#include "mae/media/image.h"
#include "mae/media/random_crop.h"

namespace mae {

/// MAE, Table 1(e). kNone: the evaluation's resize and central crop. kFlip: that, and a flip with probability 1/2.
/// kCropFixed: a random window of the model's size from the resized picture, and flip. kCrop: RandomResizedCrop and flip
/// (the default recipe). kCropColor: that with colour jitter 0.4.
enum class Augment { kNone, kFlip, kCropFixed, kCrop, kCropColor };

Augment parse_augment(const std::string& name);  ///< "none", "flip", "crop-fixed", "crop", "crop-color"; UsageError otherwise

struct AugmentOptions {
  Augment augment = Augment::kCrop;
  Size2d img_size{224, 224};
  RandomCropOptions crop;        ///< scale and ratio of kCrop
  bool horizontal_flip = true;   ///< off for digits and text
};

Image augment_image(const Image& image, const AugmentOptions& options, RandomStream& random);

}  // namespace mae
