// The published crop of video pretraining (VideoMAE, appendix; spec 7.6): one of a few sizes and
// one of thirteen places.
#pragma once

#include "mae/base/random_stream.h"
#include "mae/media/image.h"

namespace mae {

/// A window of 1, 0.875, 0.75 or 0.66 of the short side in each direction, neighbours in this list
/// at most, so that shapes change a little; a side within 3 pixels of the target's becomes it.
Box multi_scale_crop_box(Size2d image, Size2d target, RandomStream& random);

}  // namespace mae
