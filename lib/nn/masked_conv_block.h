// ConvMAE's convolution block (arXiv 2205.03892, section 3.2) and the layout that lets it skip
// hidden units: everything in it works on single cells but one depthwise convolution.
#pragma once

#include <memory>

#include "mae/nn/patch_conv.h"

namespace mae {

/// The cells of the visible units of a stage, of which each sample has equally many.
class VisibleCells {
 public:
  /// ids_keep  [B, L_vis] int64, visible units of a grid of `grid` units
  /// cells     cells of one unit at this stage
  VisibleCells(const Tensor& ids_keep, Size2d grid, Size2d cells);

  /// [B * L_vis, u, v, C] -> [B, H, W, C], zeros where hidden.
  Tensor to_grid(const Tensor& units) const;
  /// The visible cells of [B, H, W, C] -> [B * L_vis, u, v, C].
  Tensor from_grid(const Tensor& grid) const;

 private:
  int64_t batch_, visible_;
  Size2d size_, cells_;  ///< of the grid and of a unit, in cells
  Tensor index_;         ///< [B * L_vis * u * v] int64, rows of the flattened grid
};

/// x += conv2(depthwise 5x5(visible(conv1(norm1 x)))); x += mlp(norm2 x). The depthwise convolution
/// is registered as "attn"; all are convolutions with bias.
class MaskedConvBlock : public Module {
 public:
  MaskedConvBlock(int64_t dim, double mlp_ratio, double layer_norm_eps);
  /// x             [B, H, W, C], or with `visible` [B * L_vis, u, v, C]: hidden cells then count as
  ///               zeros at the depthwise convolution, and nothing of them is computed
  /// branch_scale  as TransformerBlock's; only without `visible`
  Tensor forward(const Tensor& x, const VisibleCells* visible = nullptr,
                 const Tensor& branch_scale = {}) const;

 private:
  /// fc1, exact GELU, fc2 as 1 x 1 convolutions.
  class PointwiseMlp : public Module {
   public:
    PointwiseMlp(int64_t dim, int64_t hidden_dim);
    Tensor forward(const Tensor& x) const;

   private:
    std::shared_ptr<PatchConv> fc1_, fc2_;
  };
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<PatchConv> conv1_, conv2_;
  std::shared_ptr<DepthwiseConv> attn_;
  std::shared_ptr<PointwiseMlp> mlp_;
};

}  // namespace mae
