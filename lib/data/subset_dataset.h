// A few samples of a data set, as a data set.
#pragma once

#include <memory>
#include <vector>

#include "mae/data/sample_dataset.h"

namespace mae {

/// A view of the samples `indices` of `dataset`, in that order; everything that is not about one
/// sample is the whole set's.
std::shared_ptr<const SampleDataset> subset_dataset(std::shared_ptr<const SampleDataset> dataset,
                                                    std::vector<int64_t> indices);

}  // namespace mae
