// The window block of MixMAE / MixMIM (arXiv 2205.13137; spec of variants 3.3): plain windows with
// a table of relative positions, in which the cells of two mixed pictures do not see each other.
#pragma once

#include <memory>

#include "mae/nn/biased_attention.h"

namespace mae {

/// How a grid is cut into windows, and all that the blocks of a stage share.
struct MixWindows {
  Size2d window;
  Tensor apart;  ///< [B or 1, windows, L, L] bool: cells of different pictures; undefined when
                 ///< nothing is mixed
};
/// window_size  sides; a side of the grid that is not longer is one window
/// cells        [B or 1, H, W], 1 where a cell comes from the partner picture; undefined: nothing
/// is
///              mixed
MixWindows plan_mix_windows(Size2d grid, int64_t window_size, const Tensor& cells);

/// x += windows(attn(norm1 x)); x += mlp(norm2 x). Beside its parameters it has, as published, the
/// buffer "attn.relative_position_index".
class MixBlock : public Module {
 public:
  MixBlock(const BlockOptions& options, Size2d window);
  /// x [B, H, W, D] -> the same shape. branch_scale as in TransformerBlock.
  Tensor forward(const Tensor& x, const MixWindows& windows, const Tensor& branch_scale = {}) const;

 private:
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<RelPosAttention> attn_;
  Tensor index_;  ///< [L, L] into the table of attn_
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace mae
