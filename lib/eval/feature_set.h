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
  std::vector<std::string> names;        ///< one a sample
  std::vector<std::string> class_names;  ///< empty when unknown
  std::vector<Provenance::Input> inputs;
  std::vector<nlohmann::json> parents;
};

/// Reads /features of feature shards, or, where there are none, /patches of patch shards as pixels
/// in [0, 1] (the raw-pixel baseline).
/// limit  most samples to read, 0 = all
/// throws DataError  no labels, unequal widths, class names that differ between the shards
///        NumericError  a feature is not finite
FeatureSet read_features(const std::vector<std::string>& operands, int64_t limit = 0);

/// Without the samples whose label is unknown (-1); says how many on the log.
/// where   names the set for messages ("TRAIN")
/// throws DataError  none is left
FeatureSet labelled_only(FeatureSet set, const std::string& where);

/// The rows at `indices` [n] int64, in their order.
FeatureSet select_samples(const FeatureSet& set, const Tensor& indices);

/// Number of classes of a training and a test set without unknown labels: the length of the list of
/// names when there is one, else the largest label and 1.
/// throws DataError  both have names and these differ, a label is outside the list, or the widths
///                   of the features differ
int64_t class_count(const FeatureSet& train, const FeatureSet& test);

}  // namespace mae
