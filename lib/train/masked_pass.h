// One forward pass of a masked model over a batch: masks, device, precision. Shared by training and
// validation.
#pragma once

#include <vector>

#include "mae/data/batch_loader.h"
#include "mae/masking/mask_strategy.h"
#include "mae/models/masked_model.h"
#include "mae/train/copy_stream.h"
#include "mae/train/device.h"

namespace mae {

/// Where and in what precision batches run.
struct Placement {
  c10::Device device{c10::kCPU};
  at::ScalarType dtype = at::kFloat;
  /// The parameters' own type: bfloat16 training keeps them in float32.
  at::ScalarType weight_dtype() const { return dtype == at::kDouble ? at::kDouble : at::kFloat; }
};

/// The masks of a batch by sample index, out of fixed masks [N, L].
PatchSelection fixed_selection(const std::vector<std::vector<uint8_t>>& masks,
                               const std::vector<int64_t>& indices);
/// The same masks in every epoch, keyed by sample: stream (seed, "val-mask", 0, id).
PatchSelection validation_selection(const MaskingOptions& masking, const MaskGrid& grid,
                                    uint64_t seed, const std::vector<uint64_t>& ids);

/// Whether batches of stored pixels are to be made for the model: it reads patches, and our kernels
/// run on the device.
bool takes_stored_pixels(const MaskedModel& model, c10::Device device);

/// A batch and what is hidden in it, where it is computed.
struct PlacedBatch {
  Batch batch;
  PatchSelection selection;
  Tensor ids_hidden;  ///< where the batch is of stored pixels
};
/// Begins to copy to the device; nothing may be computed before copies.join().
PlacedBatch place_batch(Batch batch, const PatchSelection& selection, CopyStream& copies);

/// Loss of a batch, a scalar of at least float32 on the device; differentiable where gradients are
/// on.
/// parts  gets what the loss is made of, where the model says so; may be null
Tensor masked_loss(MaskedModel& model, const PlacedBatch& placed, const Placement& placement,
                   std::vector<LossPart>* parts = nullptr);

}  // namespace mae
