// The loss is a mean over hidden patches only: over all patches it costs half a per cent of
// accuracy (MAE, footnote 1).
#include "mae/ops/patch_loss.h"

#include <ATen/ops/var_mean.h>

namespace mae {
namespace {

// [B, L, 1] broadcasts; [B, L, C] -> [B, L, P], the channel fastest.
Tensor spread(const Tensor& statistic, const Tensor& patches) {
  const int64_t kinds = statistic.size(2);
  if (kinds == 1) return statistic;
  return statistic.repeat({1, 1, patches.size(2) / kinds});
}

}  // namespace

PatchStats patch_stats(const Tensor& patches) {
  check_shape("patches", patches, {kAny, kAny, kAny});
  auto [variance, mean] = at::var_mean(patches, /*dim=*/at::IntArrayRef{-1}, /*correction=*/1,
                                       /*keepdim=*/true);  // each [B, L, 1]
  return {mean, (variance + 1e-6).sqrt()};
}

PatchStats channel_stats(const Tensor& patches, int64_t channels) {
  check_shape("patches", patches, {kAny, kAny, kAny});
  const Tensor by_channel = patches.unflatten(/*dim=*/2, {-1, channels});  // [B, L, p * p, C]
  auto [variance, mean] =
      at::var_mean(by_channel, /*dim=*/at::IntArrayRef{2}, /*correction=*/1);  // each [B, L, C]
  return {mean, variance.sqrt() + 1e-6};
}

Tensor normalize_patches(const Tensor& patches, const PatchStats& stats) {
  return (patches - spread(stats.mean, patches)) / spread(stats.std, patches);
}

Tensor denormalize_patches(const Tensor& patches, const PatchStats& stats) {
  return patches * spread(stats.std, patches) + spread(stats.mean, patches);
}

Tensor normalize_patches(const Tensor& patches) {
  return normalize_patches(patches, patch_stats(patches));
}

Tensor patch_errors(const Tensor& pred, const Tensor& target) {
  check_shape("pred", pred, {target.size(0), target.size(1), target.size(2)});
  return (pred.to(target.scalar_type()) - target).square().mean(/*dim=*/-1);  // [B, L]
}

Tensor masked_mean(const Tensor& errors, const Tensor& mask) {
  check_shape("mask", mask, {errors.size(0), errors.size(1)});
  const Tensor hidden = mask.to(errors.scalar_type());
  return (errors * hidden).sum() / hidden.sum();
}

Tensor masked_patch_loss(const Tensor& pred, const Tensor& target, const Tensor& mask) {
  return masked_mean(patch_errors(pred, target), mask);
}

}  // namespace mae
