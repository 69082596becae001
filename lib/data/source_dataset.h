// Samples of image folders, lists, archives and tables, decoded when asked for. Private to data.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mae/data/sample_dataset.h"

namespace mae {

std::shared_ptr<SampleDataset> open_source_dataset(const std::vector<std::string>& operands,
                                                   const DatasetOptions& options);

}  // namespace mae
