// Pillow's antialiased resampling to the bit (8-bit fixed point; spec 1.13), the one the published
// preprocessing uses.
#pragma once

#include "mae/media/image.h"

namespace mae {

enum class Filter { kBilinear, kBicubic };

/// 8-bit: equal to Pillow's Image.resize to the bit, any channel count. 16-bit: same weights in
/// float64, rounded half up.
Image resample(const Image& image, Size2d size, Filter filter = Filter::kBicubic);

/// Crop, then resample: crop_and_resample(image, box, size) == resample(crop(image, box), size)
/// without the copy.
Image crop_and_resample(const Image& image, const Box& box, Size2d size,
                        Filter filter = Filter::kBicubic);

/// torchvision's Resize(int): the short side becomes `short_side`, the long one int(short_side *
/// long / short).
Size2d short_side_size(Size2d image, int64_t short_side);

/// The smallest short side at which the resized picture covers `size` in both directions.
int64_t covering_short_side(Size2d image, Size2d size);
/// What the published evaluation resizes the short side to: 256/224 of the covering one, truncated;
/// int(size * 256 / 224) for squares.
int64_t evaluation_short_side(Size2d image, Size2d size);

/// The part of an image that resize_and_center_crop() looks at.
Box reach_of_center_crop(Size2d image, int64_t short_side, Size2d size);

/// The published evaluation: short side to `short_side`, central crop to `size`. Only the pixels of
/// the crop are computed, so that an image of 1 x 60000 pixels costs no more memory than another.
Image resize_and_center_crop(const Image& image, int64_t short_side, Size2d size);

}  // namespace mae
