// Samples with another number of channels than they were stored with. Private to data.
#pragma once

#include <memory>

#include "mae/data/sample_dataset.h"

namespace mae {

/// A view of `dataset` whose pictures, means and deviations are adapted to `channels`
/// (adapt_channels); the data set itself where nothing is to be done, or under kError.
/// throws DataError  the policy has no way
std::shared_ptr<SampleDataset> adapt_dataset(std::shared_ptr<SampleDataset> dataset,
                                             int64_t channels, ChannelsPolicy policy);

}  // namespace mae
