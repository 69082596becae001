// How frames of videos get the model's size: bilinear and without antialiasing, as published, where
// pictures are resampled as Pillow does (spec 7.7).
#pragma once

#include "mae/media/image.h"

namespace mae {

/// cv2.resize with INTER_LINEAR. 8 bits.
Image resize_linear(const Image& image, Size2d size);

/// The published test: the short side becomes what just covers `size`, then the central crop. A
/// frame of `size` is returned as it is.
/// short_side  0: that; else at least that
Image evaluation_frame(const Image& frame, Size2d size, int64_t short_side = 0);

/// The same with crop c of `crops` along the long side: it starts at int(c * (long - size) /
/// (crops - 1)); central where there is one.
Image test_crop(const Image& frame, Size2d size, int64_t c, int64_t crops);

}  // namespace mae
