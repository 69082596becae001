// What the classifiers on hierarchical encoders share: the mean over the last stage's cells, the
// head, frozen blocks and stochastic depth.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/classifier.h"
#include "mae/models/model_kind.h"
#include "mae/models/stage_walk.h"
#include "mae/nn/layers.h"

namespace mae {

struct HeadOptions {
  int64_t num_classes = 1000;
  double drop_path_rate = 0.1;  ///< of the last block; grows linearly from 0
};
void check_options(const HeadOptions& options);
void to_json(nlohmann::json& json, const HeadOptions& options);
void from_json(const nlohmann::json& json, HeadOptions& options);

class HierarchicalClassifier : public Classifier {
 public:
  Tensor forward(const Tensor& images, const Tensor& drop_path_uniform = {}) override;
  Tensor forward_features(const Tensor& images, const Tensor& drop_path_uniform = {}) override;
  void freeze_blocks(int64_t count) override;
  int64_t num_classes() const override { return head_options_.num_classes; }
  double drop_path_rate() const override { return head_options_.drop_path_rate; }

  // What ClassifierAsEncoder asks for.
  /// Tokens of the last stage [B, L, D], before the pooling. throws UsageError  patches are hidden
  EncoderOutput encode(const Tensor& images, const PatchSelection* selection,
                       const EncodeRequest& request) const;
  /// The norm behind the pooling, where there is one: [B, D] -> [B, D].
  Tensor normalize_pooled(const Tensor& pooled) const;
  virtual int64_t embed_dim() const = 0;  ///< of the last stage
  virtual std::vector<int64_t> map_strides() const = 0;
  Size2d patch_size() const { return {map_strides().back(), map_strides().back()}; }
  int64_t token_depth() const { return depth(); }

 protected:
  explicit HierarchicalClassifier(const HeadOptions& options) : head_options_(options) {}
  /// Registers "fc_norm" behind the pooling.
  void register_fc_norm(double layer_norm_eps);
  /// Registers "head" [classes, embed_dim()].
  void register_head();
  /// images -> tokens of the last stage [B, L, D], by a walk through the stages.
  virtual Tensor encode_tokens(const Tensor& images, StageWalk& walk) const = 0;

  HeadOptions head_options_;

 private:
  int64_t frozen_blocks_ = 0;
  std::shared_ptr<LayerNorm> fc_norm_;  // null: the tokens are normalised before the pooling
  std::shared_ptr<Linear> head_;
};

/// Strides of `stages` stages over patches of that side.
std::vector<int64_t> stage_strides(Size2d patch_size, int64_t stages);

/// The options of a run that fine-tunes `config`'s encoder. throws UsageError when it asks for the
/// class token, which these models do not have
HeadOptions head_options(const ClassifierChoices& choices);

/// take_encoder of a classifier whose pooled cells get a fresh "fc_norm.": drops the decoder, the
/// tokens of masking and the last norm.
std::vector<std::string> take_pooled_encoder(const nlohmann::json& config, StateDict* tensors);

}  // namespace mae
