// Reconstruction error as a picture: dark where the error is small, bright yellow where it is
// large.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "mae/media/image.h"

namespace mae {

using Colour = std::array<uint8_t, 3>;  ///< red, green, blue

/// Colour of a value in [0, 1] (clamped; not a number is grey). Lightness rises evenly, so the
/// order of two values can be read without a legend, in greyscale print and by colour-blind eyes.
Colour heat_colour(double value);

/// One flat tile a patch. The picture is grid * patch_size pixels, RGB.
/// errors     [L] one number a patch, row-major over the grid
/// max_error  shown as the brightest colour; 0 or less: the largest of `errors`
/// throws UsageError  errors does not have one number a patch
Image patch_error_map(const std::vector<float>& errors, Size2d grid, Size2d patch_size,
                      double max_error);

/// Squared difference of two equally large images, mean over channels, one colour a pixel, RGB.
/// throws UsageError  sizes differ
Image pixel_error_map(const Image& original, const Image& reconstruction, double max_error);

}  // namespace mae
