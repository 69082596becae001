#include "mae/masking/complementary_mask.h"

#include <ATen/ops/argsort.h>
#include <ATen/ops/cat.h>

#include "mae/base/error.h"

namespace mae {

int64_t complementary_visible_count(int64_t patches, double mask_ratio) {
  const int64_t visible = visible_count(patches, mask_ratio);
  if (patches % visible == 0) return visible;
  throw UsageError("complementary masks show " + std::to_string(visible) + " of " +
                       std::to_string(patches) +
                       " patches each, which does not divide them equally",
                   "--mask-ratio", "0.75 of a grid with two even sides always does");
}

PatchSelection complementary_masking(const Tensor& noise, double mask_ratio) {
  check_shape("noise", noise, {kAny, kAny});
  const int64_t L = noise.size(1), L_vis = complementary_visible_count(L, mask_ratio);
  const Tensor ids_shuffle = at::argsort(noise, /*stable=*/true, /*dim=*/1, /*descending=*/false);
  const Tensor ids_restore =
      at::argsort(ids_shuffle, /*stable=*/false, /*dim=*/1, /*descending=*/false);  // [B, L]
  std::vector<Tensor> keep, restore, mask;
  for (int64_t first = 0; first < L; first += L_vis) {
    keep.push_back(ids_shuffle.slice(/*dim=*/1, first, first + L_vis));
    restore.push_back((ids_restore - first).remainder(L));
    mask.push_back(restore.back().ge(L_vis).to(at::kFloat));
  }
  return {at::cat(keep, /*dim=*/0), at::cat(restore, /*dim=*/0), at::cat(mask, /*dim=*/0)};
}

}  // namespace mae
