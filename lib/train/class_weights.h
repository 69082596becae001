// Loss weights that give every class the same say, however many samples it has.
#pragma once

#include "mae/data/sample_dataset.h"
#include "mae/ops/tensor.h"

namespace mae {

/// samples / (classes that occur * samples of the class), so that the mean over all samples is 1;
/// 1 for a class that does not occur. [num_classes] float64.
/// train  every label in [0, num_classes)
Tensor balanced_class_weights(const SampleDataset& train, int64_t num_classes);

}  // namespace mae
