// The fine-tuning classifier on MixMIM's encoder (arXiv 2205.13137; spec of variants 3.6).
#pragma once

#include <optional>

#include "mae/models/hierarchical_classifier.h"
#include "mae/models/mixmim_encoder.h"

namespace mae {

struct MixmimClassifierOptions : MixmimEncoderOptions, HeadOptions {};
void check_options(const MixmimClassifierOptions& options);
void to_json(nlohmann::json& json, const MixmimClassifierOptions& options);
void from_json(const nlohmann::json& json, MixmimClassifierOptions& options);

/// "norm", kept from pretraining, then the mean of the cells, then "head". Positions stay frozen.
class MixmimClassifier : public HierarchicalClassifier {
 public:
  explicit MixmimClassifier(const MixmimClassifierOptions& options);
  void initialize(uint64_t seed) override;
  nlohmann::json config() const override;  ///< "model": "mixmim_classifier"
  Size2d img_size() const override { return options_.img_size; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t depth() const override { return options_.depth(); }
  int64_t embed_dim() const override { return options_.last_dim(); }
  std::vector<int64_t> map_strides() const override {
    return stage_strides(options_.patch_size, options_.stages());
  }

  /// "layers.S.blocks.D." counted over all stages; a stage's downsample belongs to no block.
  BlockPart block_part(const std::string& name) const override;
  /// As published: a downsample is of the layer of the block behind it; norm and head share the
  /// layer of the last block, so that the head learns at one layer_decay below the full rate.
  int64_t layer_id(const std::string& name) const override;

 protected:
  Tensor encode_tokens(const Tensor& images, StageWalk& walk) const override;

 private:
  MixmimClassifierOptions options_;
  std::optional<MixmimEncoder> encoder_;
  std::shared_ptr<LayerNorm> norm_;
};

ClassifierKind mixmim_classifier_kind();
/// A fine-tuned one's encoder, for features.
MaskedModelKind mixmim_encoder_kind();

}  // namespace mae
