// The encoder ConvMAE and its classifier share: two convolution stages and a transformer stage.
// Hidden units are left out from the pixels on, whatever the published code computes of them.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/conv_vit_options.h"
#include "mae/models/stage_walk.h"
#include "mae/nn/masked_conv_block.h"
#include "mae/nn/transformer_block.h"

namespace mae {

/// Outputs of the stages, of all L units as a grid or of single visible units.
struct ConvVitStages {
  Tensor stage1;  ///< [B, 4h, 4w, C1], or [R * L_vis, 4, 4, C1]
  Tensor stage2;  ///< [B, 2h, 2w, C2], or [R * L_vis, 2, 2, C2]
  Tensor tokens;  ///< input of stage 3 with positions: [B, L, D], or [R, L_vis, D]
};

class ConvVitTrunk {
 public:
  /// Registers patch_embed1..4, blocks1..3 and pos_embed in `owner`.
  ConvVitTrunk(Module& owner, const ConvVitOptions& options, bool learned_positions);

  /// images [B, C, H, W], nothing hidden.
  ConvVitStages stages(const Tensor& images, const StageWalk& walk) const;
  /// Visible units only. ids_keep [R, L_vis], R a multiple of B: row r belongs to image r % B.
  ConvVitStages visible_stages(const Tensor& images, const Tensor& ids_keep) const;
  /// Stage 3: [B, L, D] -> [B, L, D]. Its blocks alone are left with `walk`, counted from 0.
  Tensor run_stage3(Tensor x, StageWalk& walk) const;
  /// Leaves feature maps of the three stages, and the last one pooled, with a walk that wants them.
  /// x  [B, L, D], stage 3's output
  void leave_maps(const ConvVitStages& stages, const Tensor& x, StageWalk& walk) const;

 private:
  using ConvBlocks = std::vector<std::shared_ptr<MaskedConvBlock>>;
  Tensor run_convs(const ConvBlocks& blocks, Tensor x, int64_t first, const StageWalk& walk,
                   const VisibleCells* visible) const;
  ConvVitStages run_stages(const Tensor& pixels, const StageWalk& walk,
                           const VisibleCells* visible1, const VisibleCells* visible2) const;

  ConvVitOptions options_;
  Tensor pos_embed_;
  std::shared_ptr<ConvEmbed> embed1_, embed2_, embed3_;
  std::shared_ptr<Linear> embed4_;
  ConvBlocks blocks1_, blocks2_;
  std::vector<std::shared_ptr<TransformerBlock>> blocks3_;
};

/// Block options of a stage or decoder.
BlockOptions block_options(int64_t dim, int64_t num_heads, double mlp_ratio, bool qkv_bias,
                           double layer_norm_eps);

}  // namespace mae
