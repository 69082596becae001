// What the decoder must predict, straight from images: patch vectors, plain or normalised per
// patch.
#pragma once

#include "mae/base/size2d.h"
#include "mae/ops/tensor.h"

namespace mae {

/// images   [B, C, H, W]
/// returns  [B, L, P]: patchify(images), with norm_pix_loss each patch less its mean over its
/// deviation (patch_loss.h) On CUDA and in float32 one kernel does both; on the CPU the plain
/// functions, its oracle, do. No gradient flows into images.
Tensor patch_target(const Tensor& images, Size2d patch_size, bool norm_pix_loss);

}  // namespace mae
