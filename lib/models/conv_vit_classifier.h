// The fine-tuning classifier on ConvMAE's encoder: mean of stage 3's tokens, norm, head; the early
// stages are not fused and positions learn (spec 4.6).
#pragma once

#include <memory>

#include "mae/models/conv_vit_trunk.h"
#include "mae/models/hierarchical_classifier.h"

namespace mae {

struct ConvVitClassifierOptions : ConvVitOptions, HeadOptions {};

void check_options(const ConvVitClassifierOptions& options);
void to_json(nlohmann::json& json, const ConvVitClassifierOptions& options);
void from_json(const nlohmann::json& json, ConvVitClassifierOptions& options);

class ConvVitClassifier : public HierarchicalClassifier {
 public:
  explicit ConvVitClassifier(const ConvVitClassifierOptions& options);

  void initialize(uint64_t seed) override;
  nlohmann::json config() const override;

  Size2d img_size() const override { return options_.img_size; }
  Size2d patch_size() const { return options_.patch_size; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t embed_dim() const override { return options_.embed_dim.back(); }
  int64_t depth() const override { return options_.total_depth(); }
  /// Blocks whose tokens can be asked for: those of the last stage.
  int64_t token_depth() const { return options_.depth.back(); }
  std::vector<int64_t> map_strides() const override { return options_.map_strides(); }

  BlockPart block_part(const std::string& name) const override;
  /// Embeddings and both convolution stages are layer 0, the blocks of stage 3 the layers above.
  int64_t num_layers() const override { return options_.depth.back() + 2; }
  int64_t layer_id(const std::string& name) const override;

 protected:
  Tensor encode_tokens(const Tensor& images, StageWalk& walk) const override;

 private:
  ConvVitClassifierOptions options_;
  ConvVitTrunk trunk_;
};

/// "conv_vit_classifier", on the encoders of "conv_mae" and "fast_conv_mae".
ClassifierKind conv_vit_classifier_kind();
/// The same as an encoder, for features.
MaskedModelKind conv_vit_encoder_kind();

}  // namespace mae
