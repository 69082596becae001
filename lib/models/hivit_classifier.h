// The fine-tuning classifier on HiViT's encoder: mean of the main stage's tokens, norm, head, with
// relative position bias that pretraining has not (spec 2.3, 2.4).
#pragma once

#include <memory>

#include "mae/models/hierarchical_classifier.h"
#include "mae/models/hivit_trunk.h"

namespace mae {

struct HivitClassifierOptions : HivitOptions, HeadOptions {
  HivitClassifierOptions() { rpe = true; }
};

void check_options(const HivitClassifierOptions& options);
void to_json(nlohmann::json& json, const HivitClassifierOptions& options);
void from_json(const nlohmann::json& json, HivitClassifierOptions& options);

class HivitClassifier : public HierarchicalClassifier {
 public:
  explicit HivitClassifier(const HivitClassifierOptions& options);

  void initialize(uint64_t seed) override;
  nlohmann::json config() const override;

  Size2d img_size() const override { return options_.img_size; }
  Size2d patch_size() const { return options_.patch_size; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t embed_dim() const override { return options_.embed_dim; }
  int64_t depth() const override { return options_.total_depth(); }
  /// Blocks whose tokens can be asked for: those of the last stage.
  int64_t token_depth() const { return options_.depths.back(); }
  std::vector<int64_t> map_strides() const override { return options_.map_strides(); }

  /// Merges belong to the block before them.
  BlockPart block_part(const std::string& name) const override;
  int64_t layer_id(const std::string& name) const override;
  bool is_undecayed(const std::string& name) const override;

 protected:
  Tensor encode_tokens(const Tensor& images, StageWalk& walk) const override;

 private:
  HivitClassifierOptions options_;
  HivitTrunk trunk_;
};

/// "hivit_classifier", on the encoder of "hivit_mae".
ClassifierKind hivit_classifier_kind();
/// The same as an encoder, for features.
MaskedModelKind hivit_encoder_kind();

}  // namespace mae
