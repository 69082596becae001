// The struct every masking strategy returns, and the two ways to make one: from noise and from a
// mask.
#pragma once

#include "mae/ops/tensor.h"

namespace mae {

/// Which patches the encoder sees. All samples of a batch keep the same number, L_vis.
struct PatchSelection {
  Tensor ids_keep;         ///< [B, L_vis] int64, order in which visible tokens enter the encoder
  Tensor ids_restore;      ///< [B, L] int64, position of patch j in [visible, hidden]
  Tensor mask;             ///< [B, L] float32, 1 = hidden, 0 = visible
  Tensor token_mask = {};  ///< [B, L] float32, 1 = visible, but shown to the encoder as a learned
                           ///< token (UM-MAE's secondary mask); undefined: none is
};

/// int(L * (1 - mask_ratio)) in float64, as published: 100 patches at 0.9 keep 9.
/// throws  UsageError  when mask_ratio is outside [0, 1) or no patch would stay visible
int64_t visible_count(int64_t patches, double mask_ratio);

/// Picks visible patches independently for each sample (MAE, section 3 "Masking"; spec 1.5).
/// noise    [B, L] real; the smallest values stay visible. Given, not drawn, so that tests and
/// other languages can replay it.
PatchSelection random_masking(const Tensor& noise, double mask_ratio);

/// From masks [B, L] (non-zero = hidden) that hide equally many patches in every sample; visible
/// ones in raster order. throws  UsageError  unequal counts, or a sample with nothing visible
PatchSelection selection_from_mask(const Tensor& mask);

}  // namespace mae
