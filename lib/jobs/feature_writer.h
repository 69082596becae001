// Feature shards: the datasets of mae-encode and what describes them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/io/shard_writer.h"
#include "mae/jobs/feature_extraction.h"

namespace mae {

/// What a feature shard holds besides names and labels.
struct FeatureLayout {
  FeatureRequest request;
  std::string precision = "float32";  ///< what the features were computed in
  FeatureBatch shapes;                ///< of one picture (blank_features)
  int64_t patches = 0;                ///< L, of masks
  std::vector<int64_t> map_strides;   ///< pixels between the cells of each map
  bool with_mask =
      false;  ///< /mask is written, so that zeros of hidden patches can be told from features
  nlohmann::json mask_attributes = nlohmann::json::object();
  std::vector<std::string> class_names;
};

/// Bytes of the numbers of one sample in a shard, for an estimate of its size.
int64_t bytes_per_sample(const FeatureLayout& layout);

class FeatureWriter {
 public:
  /// At most `rows` samples will come. Throws as ShardWriter.
  FeatureWriter(const std::string& path, int64_t rows, const FeatureLayout& layout,
                Overwrite overwrite);
  void append(const SampleDataset& dataset, const std::vector<int64_t>& indices,
              const FeatureBatch& features, const MaskList& masks);
  void commit(const Provenance& provenance);

 private:
  ShardWriter writer_;
  std::vector<int64_t> map_strides_;
};

}  // namespace mae
