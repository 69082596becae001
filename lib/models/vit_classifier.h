// The fine-tuning classifier on MAE's encoder (spec 3.1), in both poolings.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/vit_options.h"
#include "mae/nn/transformer_block.h"

namespace mae {

struct VitClassifierOptions : VitOptions {
  int64_t num_classes = 1000;
  bool global_pool =
      true;  ///< mean of patch tokens, then fc_norm; false: norm, then the class token
  double drop_path_rate = 0.1;  ///< of the last block; grows linearly from 0
};

void check_options(const VitClassifierOptions& options);
void to_json(nlohmann::json& json, const VitClassifierOptions& options);
void from_json(const nlohmann::json& json, VitClassifierOptions& options);

class VitClassifier : public torch::nn::Module {
 public:
  explicit VitClassifier(const VitClassifierOptions& options);

  /// images [B, C, H, W] -> logits [B, num_classes].
  /// drop_path_uniform  defined while training: [depth, 2, B] uniform numbers; a branch stays when
  /// its number is < 1 - rate
  Tensor forward(const Tensor& images, const Tensor& drop_path_uniform = {});
  /// What the head sees: [B, D].
  Tensor forward_features(const Tensor& images, const Tensor& drop_path_uniform = {});
  /// The first `count` blocks run without autograd (partial fine-tuning).
  void freeze_blocks(int64_t count);

  /// Fresh weights: as MAE's encoder, head ~ N(0, 2e-5), pos_embed the sine-cosine table.
  void initialize(uint64_t seed);
  nlohmann::json config() const;  ///< "model": "vit_classifier"
  const VitClassifierOptions& options() const { return options_; }

 private:
  VitClassifierOptions options_;
  int64_t frozen_blocks_ = 0;
  Tensor cls_token_, pos_embed_;
  std::shared_ptr<PatchEmbed> patch_embed_;
  std::vector<std::shared_ptr<TransformerBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_, fc_norm_;
  std::shared_ptr<Linear> head_;
};

}  // namespace mae
