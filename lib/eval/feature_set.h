// Feature vectors with labels, from feature shards (or raw pixels from patch shards), for probes.
#pragma once

#include <string>
#include <vector>

#include "mae/base/provenance.h"
#include "mae/ops/tensor.h"

namespace mae {

struct FeatureSet {
  Tensor features;                       ///< [N, D] float32
  Tensor labels;                         ///< [N] int64
  std::vector<std::string> names, class_names;
  std::vector<Provenance::Input> inputs;
  std::vector<nlohmann::json> parents;
};

/// Reads /features of feature shards, or, where there are none, /patches of patch shards as pixels in [0, 1] (the raw-pixel baseline).
/// throws DataError  no labels, unequal widths
FeatureSet read_features(const std::vector<std::string>& operands);

}  // namespace mae
