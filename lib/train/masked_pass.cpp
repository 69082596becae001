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

PatchSelection validation_selection(const MaskingOptions& masking, const MaskGrid& grid,
                                    uint64_t seed, const std::vector<uint64_t>& ids) {
  return draw_raster_selection(masking, grid, seed, "val-mask", ids);
}

namespace {

PatchSelection moved(const PatchSelection& selection, c10::Device device) {
  PatchSelection there{selection.ids_keep.to(device), selection.ids_restore.to(device),
                       selection.mask.to(device)};
  if (selection.token_mask.defined()) there.token_mask = selection.token_mask.to(device);
  return there;
}

TextInput moved(const TextInput& text, c10::Device device) {
  if (!text.tokens.defined()) return {};
  return {text.tokens.to(device), text.padding.to(device), moved(text.selection, device)};
}

}  // namespace

Tensor masked_loss(MaskedModel& model, const Batch& batch, const PatchSelection& selection,
                   const Placement& placement, std::vector<LossPart>* parts) {
  const PatchSelection there = moved(selection, placement.device);
  const Tensor images = batch.images.to(placement.device, placement.weight_dtype());
  const AutocastGuard autocast(placement.device, placement.dtype);
  if (!model.takes_text()) return model.forward(images, there).loss;
  PretrainOutput output =
      model.forward_with_text(images, there, moved(batch.captions, placement.device),
                              moved(batch.unpaired_text, placement.device));
  if (parts) *parts = std::move(output.parts);
  return output.loss;
}
}  // namespace mae
