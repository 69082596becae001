// The fine-tuning classifier on UM-MAE's Swin transformer (arXiv 2205.10063; spec of variants 1.9).
#pragma once

#include "mae/models/hierarchical_classifier.h"
#include "mae/models/swin.h"

namespace mae {

/// Pictures are whole, so window_size is that of a whole one: twice the pretrained encoder's.
struct SwinClassifierOptions : SwinOptions, HeadOptions {
  SwinClassifierOptions() { window_size = 16; }
};
void check_options(const SwinClassifierOptions& options);
void to_json(nlohmann::json& json, const SwinClassifierOptions& options);
void from_json(const nlohmann::json& json, SwinClassifierOptions& options);

/// Mean of the cells, "fc_norm", "head". Layers for learning-rate decay: the embedding is 0, block
/// i is i + 1, the rest the last.
class SwinClassifier : public HierarchicalClassifier {
 public:
  explicit SwinClassifier(const SwinClassifierOptions& options);
  void initialize(uint64_t seed) override;
  nlohmann::json config() const override;  ///< "model": "swin_classifier"
  Size2d img_size() const override { return options_.img_size; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t depth() const override { return options_.depth(); }
  int64_t embed_dim() const override { return options_.dim_of(options_.stages() - 1); }
  std::vector<int64_t> map_strides() const override {
    return stage_strides(options_.patch_size, options_.stages());
  }

 protected:
  Tensor encode_tokens(const Tensor& images, StageWalk& walk) const override;

 private:
  SwinClassifierOptions options_;
  std::shared_ptr<ConvEmbed> patch_embed_;
  std::shared_ptr<SwinBlocks> blocks_;
};

ClassifierKind swin_classifier_kind();
/// A fine-tuned one's encoder, for features.
MaskedModelKind swin_encoder_kind();

}  // namespace mae
