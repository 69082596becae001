// Rotation, shear and translation by bicubic interpolation, equal to Pillow's Image.transform to
// the bit: the geometric operations of RandAugment (spec 3.5).
#pragma once

#include <array>
#include <vector>

#include "mae/media/image.h"

namespace mae {

/// (a, b, c, d, e, f): the output's point (x, y) shows the input's (a x + b y + c, d x + e y + f),
/// both measured from the upper left corner in pixels.
using AffineMatrix = std::array<double, 6>;

/// A picture of the same size. Points outside the input get `fill`, one value a channel. Samples
/// are truncated to whole numbers, as in Pillow. 8-bit pictures.
Image affine_transform(const Image& image, const AffineMatrix& matrix,
                       const std::vector<uint8_t>& fill);

/// Counter-clockwise about the centre.
Image rotate(const Image& image, double degrees, const std::vector<uint8_t>& fill);
Image shear_x(const Image& image, double factor, const std::vector<uint8_t>& fill);
Image shear_y(const Image& image, double factor, const std::vector<uint8_t>& fill);
/// Positive numbers move the picture to the left and up: the output's point shows what is further
/// right or down.
Image translate_x(const Image& image, double pixels, const std::vector<uint8_t>& fill);
Image translate_y(const Image& image, double pixels, const std::vector<uint8_t>& fill);

}  // namespace mae
