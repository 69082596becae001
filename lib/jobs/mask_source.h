// Which patches of each sample are hidden when a model is applied: from a mask file, from the input
// shard itself, or drawn.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/data/sample_dataset.h"
#include "mae/masking/mask_strategy.h"

namespace mae {

/// One mask a sample, [L] with 1 = hidden, in the order of the data set.
using MaskList = std::vector<std::vector<uint8_t>>;

/// Reads the masks of a data set from mask shards (files, folders or index files, in the order of
/// the input). dataset   whose names must equal the masks', sample by sample; a mask file that
/// records patches_digest must name one of its inputs patches   L of the model throws DataError
/// other patch count or sample count, another shard's masks, damaged
MaskList load_masks(const std::vector<std::string>& files, const SampleDataset& dataset,
                    int64_t patches);

struct MaskSourceOptions {
  std::string file;               ///< --masks; empty: not given
  bool allow_input_masks = true;  ///< use /mask of the input shards when all of them have one
  bool allow_drawn = true;        ///< else draw; false: nothing is hidden
  MaskingOptions masking;
  int64_t seed = 0;
};

class MaskSource {
 public:
  /// operands  of the data set, looked into for /mask
  /// throws UsageError, DataError as load_masks
  MaskSource(const MaskSourceOptions& options, const std::vector<std::string>& operands,
             const SampleDataset& dataset, const MaskGrid& grid);

  /// Whether anything may be hidden at all.
  bool hides() const { return origin_ != Origin::kNothing; }
  /// [L] 1 = hidden. Drawn masks are those of mae-pretrain's epoch 0 with the same seed.
  std::vector<uint8_t> mask(int64_t index) const;
  /// Attributes for an output's /mask: strategy, mask_ratio, seed (only what is known).
  const nlohmann::json& attributes() const { return attributes_; }
  /// Mask files read, to be added to the provenance.
  const std::vector<std::string>& files() const { return files_; }

 private:
  enum class Origin { kNothing, kStored, kDrawn };
  const SampleDataset& dataset_;
  MaskSourceOptions options_;
  MaskGrid grid_;
  Origin origin_ = Origin::kNothing;
  MaskList stored_;
  nlohmann::json attributes_ = nlohmann::json::object();
  std::vector<std::string> files_;
};

/// Rows grouped by the number of hidden patches, so that each group forms one rectangular batch.
/// Groups in rising number.
std::vector<std::vector<int64_t>> group_by_hidden(const MaskList& masks);

}  // namespace mae
