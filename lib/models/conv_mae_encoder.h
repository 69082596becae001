// ConvMAE's encoder as it is pretrained: the trunk, the two convolutions that bring the early
// stages to stage 3's grid, their sum and the final norm (arXiv 2205.03892, section 3.2).
#pragma once

#include <memory>

#include "mae/models/conv_vit_trunk.h"
#include "mae/models/masked_model.h"

namespace mae {

class ConvMaeEncoder {
 public:
  /// Registers the trunk's modules, stage1_output_decode, stage2_output_decode and norm in `owner`.
  ConvMaeEncoder(Module& owner, const ConvVitOptions& options);

  /// As MaskedModel::encode; `selection` may hold several copies (complementary_selection), row r
  /// of image r % B. Tokens [R, L_vis, D].
  EncoderOutput encode(const Tensor& images, const PatchSelection* selection,
                       const EncodeRequest& request) const;

 private:
  ConvVitTrunk trunk_;
  std::shared_ptr<PatchConv> stage1_decode_, stage2_decode_;
  std::shared_ptr<LayerNorm> norm_;
};

}  // namespace mae
