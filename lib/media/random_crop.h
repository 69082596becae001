// RandomResizedCrop's choice of a box, from given random numbers (spec 1.13 and 4).
#pragma once

#include "mae/base/random_stream.h"
#include "mae/media/image.h"

namespace mae {

struct RandomCropOptions {
  double min_scale = 0.2, max_scale = 1.0;           ///< share of the image's area (MAE pretraining, appendix A.1)
  double min_ratio = 3.0 / 4.0, max_ratio = 4.0 / 3.0;
  bool retry = true;                                  ///< torchvision: ten attempts, then the central fallback; false: the linear probe's single draw
};

Box random_crop_box(Size2d image, const RandomCropOptions& options, RandomStream& random);

}  // namespace mae
