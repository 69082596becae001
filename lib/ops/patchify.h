// Images to patch vectors and back (MAE, section 3; spec 1.2): patches in raster order, inside one
// (row, column, channel).
#pragma once

#include "mae/base/size2d.h"
#include "mae/ops/tensor.h"

namespace mae {

/// images      [B, C, H, W], any type; H and W divisible by the patch
/// returns     [B, L, P], P = h * w * C with the channel fastest
/// throws      UsageError when the sizes do not divide
Tensor patchify(const Tensor& images, Size2d patch_size);

/// The exact inverse: patches [B, L, P] -> images [B, C, H, W]. Throws UsageError when L or P do
/// not fit.
Tensor unpatchify(const Tensor& patches, Size2d grid, Size2d patch_size, int64_t channels);

}  // namespace mae
