// The operations of RandAugment (Cubuk et al., arXiv 1909.13719) that give each sample value a new
// one, equal to Pillow's to the bit (spec 3.5).
#pragma once

#include "mae/media/image.h"

namespace mae {

// All take pictures of 8 bits with any number of channels and treat each channel alike.

/// Stretches each channel so that its darkest value becomes 0 and its brightest 255.
Image auto_contrast(const Image& image);
/// Spreads the values of each channel evenly over 0 to 255; a channel of too few pixels or of one
/// value stays as it is.
Image equalize(const Image& image);
Image invert(const Image& image);
/// Keeps the `bits` highest bits of each value; 8 or more keep all, 0 gives black.
Image posterize(const Image& image, int bits);
/// Inverts values of at least `threshold`.
Image solarize(const Image& image, int threshold);
/// Adds `amount` >= 0 to values below 128, up to 255.
Image solarize_add(const Image& image, int amount);

}  // namespace mae
