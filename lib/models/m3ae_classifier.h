// The fine-tuning classifier on the image side of M3AE's encoder (arXiv 2205.14204; spec 8.7).
#pragma once

#include <memory>
#include <vector>

#include "mae/models/classifier.h"
#include "mae/models/masked_model.h"
#include "mae/models/model_kind.h"
#include "mae/nn/padded_block.h"

namespace mae {

/// The encoder's fields have the names and defaults of M3aeOptions.
struct M3aeClassifierOptions {
  Size2d image_size{256, 256}, patch_size{16, 16};  ///< pixels
  int64_t in_chans = 3;
  int64_t emb_dim = 768, depth = 12, num_heads = 12;
  double mlp_ratio = 4.0;
  bool use_type_embedding = true;
  double layer_norm_eps = 1e-6;
  int64_t num_classes = 1000;
  bool global_pool = true;      ///< mean of the patch tokens; false: the class token
  double drop_path_rate = 0.1;  ///< of every block, as published

  Size2d grid() const {
    return {image_size.height / patch_size.height, image_size.width / patch_size.width};
  }
};
/// throws UsageError naming the first field that cannot be built
void check_options(const M3aeClassifierOptions& options);
void to_json(nlohmann::json& json, const M3aeClassifierOptions& options);
void from_json(const nlohmann::json& json, M3aeClassifierOptions& options);

/// The encoder with its final norm, the class token or the mean of the patches, one more norm
/// ("fc_norm"), "head".
class M3aeClassifier : public Classifier {
 public:
  explicit M3aeClassifier(const M3aeClassifierOptions& options);

  Tensor forward(const Tensor& images, const Tensor& drop_path_uniform = {}) override;
  Tensor forward_features(const Tensor& images, const Tensor& drop_path_uniform = {}) override;
  void freeze_blocks(int64_t count) override;
  void initialize(uint64_t seed) override;
  nlohmann::json config() const override;  ///< "model": "m3ae_classifier"
  Size2d img_size() const override { return options_.image_size; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t num_classes() const override { return options_.num_classes; }
  int64_t depth() const override { return options_.depth; }
  double drop_path_rate() const override { return options_.drop_path_rate; }
  BlockPart block_part(const std::string& name) const override;
  /// The embeddings are layer 0. Differs from the published code, whose names had changed under it:
  /// there image_embedding learns at the full rate and the encoder's norm at the lowest.
  int64_t layer_id(const std::string& name) const override;
  bool is_undecayed(const std::string& name) const override;

  /// For ClassifierAsEncoder.
  EncoderOutput encode(const Tensor& images, const PatchSelection* selection,
                       const EncodeRequest& request) const;
  Tensor normalize_pooled(const Tensor& pooled) const { return fc_norm_->forward(pooled); }
  Size2d patch_size() const { return options_.patch_size; }
  int64_t embed_dim() const { return options_.emb_dim; }
  int64_t token_depth() const { return options_.depth; }
  std::vector<int64_t> map_strides() const { return {}; }
  bool global_pool() const { return options_.global_pool; }

 private:
  Tensor embed(const Tensor& images) const;

  M3aeClassifierOptions options_;
  int64_t frozen_blocks_ = 0;
  Tensor cls_token_, image_type_;
  Tensor positions_;  // fixed, in no checkpoint: [1, L, D]
  std::shared_ptr<Linear> image_embedding_;
  std::shared_ptr<PaddedTransformer> encoder_;
  std::shared_ptr<LayerNorm> fc_norm_;
  std::shared_ptr<Linear> head_;
};

ClassifierKind m3ae_classifier_kind();
/// A fine-tuned one's encoder, for features.
MaskedModelKind m3ae_encoder_kind();

}  // namespace mae
