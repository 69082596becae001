// A fine-tuned classifier's encoder behind the interface of pretrained models, for features.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/model_kind.h"
#include "mae/models/vit_classifier.h"
#include "mae/models/vit_encoder.h"

namespace mae {

/// With the class token the encoder is MAE's. With the mean of the patches (global_pool) the final
/// norm comes after the pooling: encode() gives the last block's tokens as they are, and
/// pooled_features() what the head was trained on. Spec 3.1.
class ClassifierEncoder : public MaskedModel {
 public:
  explicit ClassifierEncoder(const VitClassifierOptions& options);

  /// throws UsageError  a classifier predicts no pixels
  PretrainOutput forward(const Tensor& images, const PatchSelection& selection) override;
  EncoderOutput encode(const Tensor& images, const PatchSelection* selection = nullptr,
                       const EncodeRequest& request = {}) override;
  Tensor pooled_features(const Tensor& tokens, Pool pool) const override;

  bool has_decoder() const override { return false; }
  int64_t num_prefix_tokens() const override { return options_.num_prefix_tokens(); }
  Pool default_pool() const override { return options_.global_pool ? Pool::kMean : Pool::kCls; }
  Size2d img_size() const override { return options_.img_size; }
  Size2d patch_size() const override { return options_.patch_size; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t embed_dim() const override { return options_.embed_dim; }
  int64_t depth() const override { return options_.depth; }
  bool norm_pix_loss() const override { return false; }
  nlohmann::json config() const override;
  /// throws UsageError  weights come from a fine-tuned checkpoint only
  void initialize(uint64_t seed) override;

 private:
  VitClassifierOptions options_;
  Tensor cls_token_, pos_embed_;
  std::shared_ptr<PatchEmbed> patch_embed_;
  std::vector<std::shared_ptr<TransformerBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_, fc_norm_;
};

/// "vit_classifier" as an encoder; the head is left out.
MaskedModelKind classifier_encoder_kind();

}  // namespace mae
