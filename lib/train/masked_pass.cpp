// Masks are drawn on the CPU whatever the device is: the same numbers everywhere.
#include "mae/train/masked_pass.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <utility>

#include "mae/base/kernel_choice.h"
#include "mae/masking/hidden_ids.h"

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

bool takes_stored_pixels(const MaskedModel& model, c10::Device device) {
  return model.takes_patches() && use_own_kernels() && has_masked_patches(device);
}

PlacedBatch place_batch(Batch batch, const PatchSelection& selection, CopyStream& copies) {
  PlacedBatch placed;
  if (batch.pixels.samples.defined()) placed.ids_hidden = copies.send(hidden_ids(selection));
  placed.selection = copies.send(selection);
  batch.images = copies.send(batch.images);
  batch.pixels = {copies.send(batch.pixels.samples), copies.send(batch.pixels.table)};
  batch.captions = copies.send(batch.captions);
  batch.unpaired_text = copies.send(batch.unpaired_text);
  placed.batch = std::move(batch);
  return placed;
}

namespace {

Tensor loss_of_stored(MaskedModel& model, const PlacedBatch& placed, const Placement& placement) {
  const PatchSelection& selection = placed.selection;
  MaskedPatches patches = masked_patches(placed.batch.pixels, selection.ids_keep, placed.ids_hidden,
                                         model.patch_size(), model.norm_pix_loss());
  patches.visible = patches.visible.to(placement.weight_dtype());
  patches.target = patches.target.to(placement.weight_dtype());
  const AutocastGuard autocast(placement.device, placement.dtype);
  return model.loss_of_patches(patches, selection, placed.ids_hidden);
}

}  // namespace

Tensor masked_loss(MaskedModel& model, const PlacedBatch& placed, const Placement& placement,
                   std::vector<LossPart>* parts) {
  const Batch& batch = placed.batch;
  if (batch.pixels.samples.defined()) return loss_of_stored(model, placed, placement);
  const Tensor images = batch.images.to(placement.weight_dtype());
  const AutocastGuard autocast(placement.device, placement.dtype);
  if (!model.takes_text()) return model.forward(images, placed.selection).loss;
  PretrainOutput output =
      model.forward_with_text(images, placed.selection, batch.captions, batch.unpaired_text);
  if (parts) *parts = std::move(output.parts);
  return output.loss;
}

}  // namespace mae
