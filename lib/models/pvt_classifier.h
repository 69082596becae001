// The fine-tuning classifier on UM-MAE's Pyramid Vision Transformer (arXiv 2205.10063; spec of
// variants 1.9).
#pragma once

#include "mae/models/hierarchical_classifier.h"
#include "mae/models/pvt.h"

namespace mae {

/// Pictures are whole, so sr_ratios are those of a whole one.
struct PvtClassifierOptions : PvtOptions, HeadOptions {
  PvtClassifierOptions() { sr_ratios = whole_picture_sr_ratios(sr_ratios); }
};
void check_options(const PvtClassifierOptions& options);
void to_json(nlohmann::json& json, const PvtClassifierOptions& options);
void from_json(const nlohmann::json& json, PvtClassifierOptions& options);

/// Mean of the cells, "fc_norm", "head". Positions are trained. Layers for learning-rate decay: the
/// embedding with its positions is 0, block i is i + 1, the rest the last.
class PvtClassifier : public HierarchicalClassifier {
 public:
  explicit PvtClassifier(const PvtClassifierOptions& options);
  void initialize(uint64_t seed) override;
  nlohmann::json config() const override;  ///< "model": "pvt_classifier"
  Size2d img_size() const override { return options_.img_size; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t depth() const override { return options_.depth(); }
  int64_t embed_dim() const override { return options_.embed_dims.back(); }
  std::vector<int64_t> map_strides() const override {
    return stage_strides(options_.patch_size, options_.stages());
  }

 protected:
  Tensor encode_tokens(const Tensor& images, StageWalk& walk) const override;

 private:
  PvtClassifierOptions options_;
  Tensor pos_embed_;  ///< [1, cells, D0]
  std::shared_ptr<PatchEmbed> patch_embed_;
  std::shared_ptr<PvtBlocks> blocks_;
};

ClassifierKind pvt_classifier_kind();
/// A fine-tuned one's encoder, for features.
MaskedModelKind pvt_encoder_kind();

}  // namespace mae
