// The fine-tuning classifier on MAE's encoder (spec 3.1), in both poolings.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/classifier.h"
#include "mae/models/model_kind.h"
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

class VitClassifier : public Classifier {
 public:
  explicit VitClassifier(const VitClassifierOptions& options);

  Tensor forward(const Tensor& images, const Tensor& drop_path_uniform = {}) override;
  Tensor forward_features(const Tensor& images, const Tensor& drop_path_uniform = {}) override;
  void freeze_blocks(int64_t count) override;

  /// As MAE's encoder, head ~ N(0, 2e-5), pos_embed the sine-cosine table.
  void initialize(uint64_t seed) override;
  nlohmann::json config() const override;
  Size2d img_size() const override { return options_.img_size; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t num_classes() const override { return options_.num_classes; }
  int64_t depth() const override { return options_.depth; }
  double drop_path_rate() const override { return options_.drop_path_rate; }
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

/// "vit_classifier", on the encoder of "mae".
ClassifierKind vit_classifier_kind();

}  // namespace mae
