// Samples of patch shards. Private to data.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mae/data/sample_dataset.h"

namespace mae {

/// paths  shard files in order; all must have the same picture size, patch size, channels and depth
std::shared_ptr<SampleDataset> open_shard_dataset(const std::vector<std::string>& paths,
                                                  const DatasetOptions& options);

}  // namespace mae
