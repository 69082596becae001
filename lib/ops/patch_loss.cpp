// The loss is a mean over hidden patches only: over all patches it costs half a per cent of
// accuracy (MAE, footnote 1).
#include "mae/ops/patch_loss.h"

#include <ATen/ops/var_mean.h>

namespace mae {

PatchStats patch_stats(const Tensor& patches) {
  check_shape("patches", patches, {kAny, kAny, kAny});
  auto [variance, mean] = at::var_mean(patches, /*dim=*/at::IntArrayRef{-1}, /*correction=*/1,
                                       /*keepdim=*/true);  // each [B, L, 1]
  return {mean, (variance + 1e-6).sqrt()};
}

Tensor normalize_patches(const Tensor& patches) {
  const PatchStats stats = patch_stats(patches);
  return (patches - stats.mean) / stats.std;
}

Tensor masked_patch_loss(const Tensor& pred, const Tensor& target, const Tensor& mask) {
  check_shape("pred", pred, {target.size(0), target.size(1), target.size(2)});
  check_shape("mask", mask, {target.size(0), target.size(1)});
  const Tensor hidden = mask.to(target.scalar_type());
  const Tensor error =
      (pred.to(target.scalar_type()) - target).square().mean(/*dim=*/-1);  // [B, L]
  return (error * hidden).sum() / hidden.sum();
}

}  // namespace mae
