// Reconstruction targets and the loss on hidden patches (MAE, section 3 "Reconstruction target";
// spec 1.7).
#pragma once

#include "mae/ops/tensor.h"

namespace mae {

struct PatchStats {
  Tensor mean, std;  ///< [B, L, 1]; std = sqrt(unbiased variance + 1e-6)
};

/// Mean and deviation of each patch over all its P values, channels mixed. patches [B, L, P].
PatchStats patch_stats(const Tensor& patches);

/// (patch - mean) / std of its own values; the target of norm_pix_loss.
Tensor normalize_patches(const Tensor& patches);

/// Mean squared error over the hidden patches of the whole batch: sum(loss * mask) / sum(mask).
/// pred, target [B, L, P]; mask [B, L], 1 = hidden. Scalar in target's type.
Tensor masked_patch_loss(const Tensor& pred, const Tensor& target, const Tensor& mask);

}  // namespace mae
