// How often the right class is among a classifier's first guesses.
#pragma once

#include "mae/ops/tensor.h"

namespace mae {

struct Accuracy {
  double top1 = 0, top5 = 0;  ///< per cent; with fewer than five classes top5 is 100
};

/// Place of each sample's label among its logits, 0 = first. Equal logits rank by class index, so
/// the result does not depend on a sort's order; a logit that is not a number ranks last for its
/// own label and first for the others.
/// logits [N, K]; labels [N] int64 in [0, K); returns [N] int64
Tensor label_ranks(const Tensor& logits, const Tensor& labels);

/// From label_ranks. Zero samples give zeros.
Accuracy accuracy_of(const Tensor& ranks);

/// The first guess of each sample, [N] int64; of equal logits the lowest class.
Tensor predicted_classes(const Tensor& logits);

}  // namespace mae
