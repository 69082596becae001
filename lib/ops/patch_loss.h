// Reconstruction targets and the loss on hidden patches (MAE, section 3 "Reconstruction target";
// spec 1.7).
#pragma once

#include "mae/ops/tensor.h"

namespace mae {

struct PatchStats {
  Tensor mean, std;  ///< [B, L, 1], or [B, L, C] where channels are kept apart
};

/// Mean and deviation of each patch over all its P values, channels mixed; std = sqrt(unbiased
/// variance + 1e-6). patches [B, L, P].
PatchStats patch_stats(const Tensor& patches);

/// The same of each of `channels` channels of a patch, as in VideoMAE and its relatives: std =
/// sqrt(unbiased variance) + 1e-6 (spec 7.4). The channel is fastest in a patch.
PatchStats channel_stats(const Tensor& patches, int64_t channels);

/// (patches - mean) / std, and back. patches [B, L, P], statistics of either kind.
Tensor normalize_patches(const Tensor& patches, const PatchStats& stats);
Tensor denormalize_patches(const Tensor& patches, const PatchStats& stats);

/// (patch - mean) / std of its own values; the target of norm_pix_loss.
Tensor normalize_patches(const Tensor& patches);

/// Mean squared difference of each patch in target's type: pred, target [B, L, P] -> [B, L].
Tensor patch_errors(const Tensor& pred, const Tensor& target);

/// Mean over the hidden patches of the whole batch: sum(errors * mask) / sum(mask). errors, mask
/// [B, L], 1 = hidden.
Tensor masked_mean(const Tensor& errors, const Tensor& mask);

/// Mean squared error over the hidden patches of the whole batch: sum(loss * mask) / sum(mask).
/// pred, target [B, L, P]; mask [B, L], 1 = hidden. Scalar in target's type.
Tensor masked_patch_loss(const Tensor& pred, const Tensor& target, const Tensor& mask);

}  // namespace mae
