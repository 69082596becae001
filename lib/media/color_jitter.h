// Random brightness, contrast and saturation with Pillow's arithmetic (spec 3.5), for --augment
// crop-color.
#pragma once

#include "mae/base/random_stream.h"
#include "mae/media/image.h"

namespace mae {

struct ColorJitterOptions {
  double brightness = 0.4, contrast = 0.4,
         saturation = 0.4;  ///< factor uniform in [1 - x, 1 + x], never below 0
};

/// Applies the three in a random order; saturation is left out for pictures that are neither RGB
/// nor RGBA.
Image color_jitter(const Image& image, const ColorJitterOptions& options, RandomStream& random);

/// degenerate + factor * (image - degenerate), truncated and clamped, as ImageEnhance. 16-bit
/// pictures: the same on their range.
Image adjust_brightness(const Image& image, double factor);  ///< degenerate: black
Image adjust_contrast(const Image& image, double factor);    ///< degenerate: the rounded mean luma
Image adjust_saturation(const Image& image, double factor);  ///< degenerate: luma of each pixel

}  // namespace mae
