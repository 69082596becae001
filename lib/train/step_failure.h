// The one error of a training step that went wrong, naming the samples that were in it. Private to
// train.
#pragma once

#include <string>
#include <vector>

#include "mae/data/sample_dataset.h"
#include "mae/train/run_directory.h"

namespace mae {

/// what      "the loss is not finite"
/// position  where training stands: the step after position.step is the one that failed
/// samples   indices into `train` of the step's samples; the first few are named
/// throws    NumericError, always
[[noreturn]] void throw_step_error(const std::string& what, const TrainPosition& position,
                                   const SampleDataset& train, const std::vector<int64_t>& samples,
                                   const std::string& run);

}  // namespace mae
