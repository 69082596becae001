// How much memory a pretraining step needs, roughly, so that --dry-run can warn before hours are
// lost.
#pragma once

#include "mae/models/masked_model.h"
#include "mae/train/pretrain.h"

namespace mae {

/// Bytes of weights, gradients, both AdamW moments and the tensors kept for the backward pass.
/// Within about a third of the truth for the published sizes: allocators, kernels' work space and
/// the data set in memory are not counted.
int64_t estimate_training_bytes(const MaskedModel& model, const PretrainOptions& options,
                                int64_t batch_size);

}  // namespace mae
