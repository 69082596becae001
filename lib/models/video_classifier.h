// The classifier of clips on VideoMAE's encoder (spec 7.7): mean of all tokens, fc_norm, head.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/classifier.h"
#include "mae/models/model_kind.h"
#include "mae/nn/transformer_block.h"
#include "mae/nn/tubelet_embed.h"

namespace mae {

/// Field names of the published code; values of ViT-B/16.
struct VideoClassifierOptions {
  Size2d img_size{224, 224}, patch_size{16, 16};  ///< pixels
  int64_t num_frames = 16, tubelet_size = 2;      ///< frames
  int64_t in_chans = 3, embed_dim = 768, depth = 12, num_heads = 12;
  double mlp_ratio = 4.0;
  bool qkv_bias = true;
  bool use_mean_pooling = true;  ///< false: norm, then the first token
  int64_t num_classes = 400;
  double drop_path_rate = 0.1;  ///< of the last block; grows linearly from 0
  double layer_norm_eps = 1e-6;
  double head_norm_eps = 0;  ///< of fc_norm; 0: as the others (transformers has 1e-5)

  int64_t tokens() const {
    return num_frames / tubelet_size * (img_size.height / patch_size.height) *
           (img_size.width / patch_size.width);
  }
};
/// throws UsageError naming the first field that cannot be built
void check_options(const VideoClassifierOptions& options);
void to_json(nlohmann::json& json, const VideoClassifierOptions& options);
void from_json(const nlohmann::json& json, VideoClassifierOptions& options);

/// Inputs are clips [B, C, T, H, W].
class VideoClassifier : public Classifier {
 public:
  explicit VideoClassifier(const VideoClassifierOptions& options);

  Tensor forward(const Tensor& videos, const Tensor& drop_path_uniform = {}) override;
  Tensor forward_features(const Tensor& videos, const Tensor& drop_path_uniform = {}) override;
  /// The tokens before pooling, as a pretrained encoder's; nothing hidden when `selection` is null.
  EncoderOutput encode(const Tensor& videos, const PatchSelection* selection,
                       const EncodeRequest& request) const;
  /// What the head sees of the mean of the tokens [B, D].
  Tensor normalize_pooled(const Tensor& pooled) const {
    return fc_norm_ ? fc_norm_->forward(pooled) : pooled;
  }
  void freeze_blocks(int64_t count) override;
  /// Matrices N(0, 0.02), the tubelet embedding as PyTorch's convolutions, the head a thousandth of
  /// a matrix's (init_scale).
  void initialize(uint64_t seed) override;
  nlohmann::json config() const override;
  Size2d img_size() const override { return options_.img_size; }
  Size2d patch_size() const { return options_.patch_size; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t num_frames() const override { return options_.num_frames; }
  int64_t embed_dim() const { return options_.embed_dim; }
  int64_t token_depth() const { return options_.depth; }
  static std::vector<int64_t> map_strides() { return {}; }
  int64_t num_classes() const override { return options_.num_classes; }
  int64_t depth() const override { return options_.depth; }
  double drop_path_rate() const override { return options_.drop_path_rate; }
  const VideoClassifierOptions& options() const { return options_; }

 private:
  Tensor embed(const Tensor& videos) const;

  VideoClassifierOptions options_;
  int64_t frozen_blocks_ = 0;
  Tensor pos_embed_;  // fixed, in no checkpoint
  std::shared_ptr<TubeletEmbed> patch_embed_;
  std::vector<std::shared_ptr<TransformerBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_, fc_norm_;
  std::shared_ptr<Linear> head_;
};

ClassifierKind video_classifier_kind();
/// The encoder of a fine-tuned classifier, for features.
MaskedModelKind video_encoder_kind();

}  // namespace mae
