// Two argsorts make a selection; everything else is counting.
#include "mae/masking/patch_selection.h"

#include <ATen/ops/argsort.h>

#include <cmath>

#include "mae/base/error.h"

namespace mae {
namespace {

// scores [B, L]: the `keep` smallest of each row stay visible, in rising order.
PatchSelection select_smallest(const Tensor& scores, int64_t keep, bool stable) {
  const Tensor ids_shuffle = at::argsort(scores, stable, /*dim=*/1, /*descending=*/false);
  const Tensor ids_restore =
      at::argsort(ids_shuffle, /*stable=*/false, /*dim=*/1, /*descending=*/false);
  return {ids_shuffle.slice(/*dim=*/1, 0, keep).contiguous(), ids_restore,
          ids_restore.ge(keep).to(at::kFloat)};
}

}  // namespace

int64_t visible_count(int64_t patches, double mask_ratio) {
  if (!(mask_ratio >= 0.0 && mask_ratio < 1.0)) {
    throw UsageError("mask ratio " + std::to_string(mask_ratio) +
                         " is out of range; expected at least 0 and less than 1",
                     "--mask-ratio");
  }
  const auto keep = static_cast<int64_t>(static_cast<double>(patches) * (1.0 - mask_ratio));
  if (keep < 1) {
    throw UsageError("mask ratio " + std::to_string(mask_ratio) + " leaves none of " +
                         std::to_string(patches) + " patches visible",
                     "--mask-ratio", "choose a smaller ratio or smaller patches");
  }
  return keep;
}

PatchSelection random_masking(const Tensor& noise, double mask_ratio) {
  check_shape("noise", noise, {kAny, kAny});
  return select_smallest(noise, visible_count(noise.size(1), mask_ratio), /*stable=*/true);
}

PatchSelection selection_from_mask(const Tensor& mask) {
  check_shape("mask", mask, {kAny, kAny});
  const Tensor hidden = mask.ne(0).to(at::kByte);             // [B, L]
  const Tensor counts = hidden.to(at::kLong).sum(/*dim=*/1);  // [B]
  const int64_t count = counts[0].item<int64_t>();
  if (!counts.eq(count).all().item<bool>()) {
    throw UsageError("masks of one batch hide different numbers of patches");
  }
  if (count == mask.size(1))
    throw UsageError("a mask hides every patch; at least one must stay visible");
  return select_smallest(hidden, mask.size(1) - count, /*stable=*/true);
}

}  // namespace mae
