// Masks are drawn on the CPU whatever the device is: the same numbers everywhere.
#include "mae/train/masked_pass.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace mae {
PatchSelection fixed_selection(const std::vector<std::vector<uint8_t>>& masks,
                               const std::vector<int64_t>& indices) {
  const auto count = static_cast<int64_t>(indices.size());
  const Tensor mask =
      at::empty({count, static_cast<int64_t>(masks.front().size())}, at::kByte);  // [B, L]
  auto* row = static_cast<uint8_t*>(mask.data_ptr());
  for (const int64_t index : indices) {
    const std::vector<uint8_t>& values = masks[static_cast<size_t>(index)];
    row = std::copy(values.begin(), values.end(), row);
  }
  return selection_from_mask(mask);
}

PatchSelection validation_selection(const MaskingOptions& masking, Size2d grid, uint64_t seed,
                                    const std::vector<uint64_t>& ids) {
  const Tensor mask = at::empty({static_cast<int64_t>(ids.size()), grid.area()}, at::kByte);
  auto* row = static_cast<uint8_t*>(mask.data_ptr());
  for (const uint64_t id : ids) {
    RandomStream random(seed, "val-mask", 0, id);
    const std::vector<uint8_t> values = draw_mask(masking, grid, random);
    row = std::copy(values.begin(), values.end(), row);
  }
  return selection_from_mask(mask);
}

Tensor masked_loss(MaskedModel& model, const Batch& batch, const PatchSelection& selection,
                   const Placement& placement) {
  const PatchSelection there{selection.ids_keep.to(placement.device),
                             selection.ids_restore.to(placement.device),
                             selection.mask.to(placement.device)};
  const Tensor images = batch.images.to(placement.device, placement.weight_dtype());
  const AutocastGuard autocast(placement.device, placement.dtype);
  return model.forward(images, there).loss;
}
}  // namespace mae
