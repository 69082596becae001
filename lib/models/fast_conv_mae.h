// FastConvMAE (github.com/Alpha-VL/FastConvMAE): ConvMAE's weights trained with complementary
// masks, so that one pass over a picture reconstructs every patch of it, and optionally a mixture
// of reconstructors.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/conv_mae.h"

namespace mae {

struct FastConvMaeOptions : ConvMaeOptions {
  FastConvMaeOptions() { norm_pix_loss = true; }
  /// The mixture of reconstructors that the authors describe but never published. Our reading:
  /// besides pixels a second reconstructor predicts, at hidden patches, the features a momentum
  /// average of the encoder gives when nothing is hidden. DINO's and CLIP's features, which they
  /// also used, need those networks and are left out.
  bool ema_reconstructor = false;
  /// The last decoder blocks that each reconstructor has for itself, so that their gradients do not
  /// conflict ("partially shared decoder"); the others are shared.
  int64_t private_decoder_depth = 2;
  double ema_momentum = 0.996;  ///< of the teacher, moved once a training pass
  double ema_loss_weight = 1.0;
};

void check_options(const FastConvMaeOptions& options);
void to_json(nlohmann::json& json, const FastConvMaeOptions& options);
void from_json(const nlohmann::json& json, FastConvMaeOptions& options);

/// Each unit's early stages are computed once a picture, in the copy that shows it; stage 3 and the
/// decoder run on all copies. The loss equals the mean of ConvMAE's losses with the single masks.
class FastConvMae : public ConvMae {
 public:
  explicit FastConvMae(const FastConvMaeOptions& options);

  PretrainOutput forward(const Tensor& images, const PatchSelection& selection) override;
  MaskingOptions default_masking() const override { return {MaskStrategy::kComplementary}; }
  nlohmann::json config() const override;
  void initialize(uint64_t seed) override;

 private:
  class Teacher;
  class FeatureReconstructor;
  void move_teacher();
  Tensor teacher_features(const Tensor& images) const;

  FastConvMaeOptions options_;
  std::shared_ptr<Teacher> teacher_;  ///< null without the mixture, as the next
  std::shared_ptr<FeatureReconstructor> reconstructor_;
};

/// "fast_conv_mae", named "fast-conv-mae-base".
MaskedModelKind fast_conv_mae_kind();

}  // namespace mae
