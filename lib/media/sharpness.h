// Pillow's sharpness, one of RandAugment's operations (spec 3.5).
#pragma once

#include "mae/media/image.h"

namespace mae {

/// degenerate + factor * (image - degenerate) as in color_jitter.h, where the degenerate picture is
/// smoothed by [1 1 1; 1 5 1; 1 1 1] / 13 but for its outermost pixels. 0 smooths, 1 changes
/// nothing, more sharpens. 8-bit pictures; one with a side below three pixels stays as it is.
Image adjust_sharpness(const Image& image, double factor);

}  // namespace mae
