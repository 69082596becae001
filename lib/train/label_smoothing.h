// Soft targets and their cross-entropy: label smoothing, alone or on mixed images (spec 3.5).
#pragma once

#include "mae/ops/tensor.h"

namespace mae {

/// lam * smooth(labels) + (1 - lam) * smooth(labels reversed), where smooth puts s/K on every class
/// and 1 - s more on the label's own.
/// labels     [B] int64 in [0, num_classes)
/// smoothing  s in [0, 1)
/// lam        1 for images that were not mixed
/// returns    [B, num_classes] float64 on the labels' device; rows sum to 1
/// throws     UsageError  smoothing or lam out of range    DataError  a label out of range
Tensor soft_targets(const Tensor& labels, int64_t num_classes, double smoothing, double lam = 1);

/// mean over samples of -sum(targets * log_softmax(logits)), in float64 for float64 logits, else in
/// float32: scalar.
/// With soft_targets and lam 1 this equals (1 - s) * nll + s * mean(-log p), the published label
/// smoothing.
Tensor soft_target_loss(const Tensor& logits, const Tensor& targets);

}  // namespace mae
