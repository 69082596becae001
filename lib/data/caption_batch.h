// The captions of a batch, with words hidden.
#pragma once

#include <vector>

#include "mae/data/sample_dataset.h"
#include "mae/data/text_stream.h"

namespace mae {

/// Nothing where the dataset has no captions or none are wanted.
/// indices     of the samples
/// first_id    of the whole batch, whose mask all share with shared_mask
TextInput read_captions(const SampleDataset& dataset, const std::vector<int64_t>& indices,
                        uint64_t first_id, const TextOptions& options, uint64_t seed,
                        uint32_t epoch);

}  // namespace mae
