// The shifted-window block of UM-MAE's Swin (arXiv 2103.14030, 2205.10063; spec of variants 1.6):
// its position bias is a small network on the relative coordinates, which may differ from sample to
// sample where only some units of a picture are there.
#pragma once

#include <memory>

#include "mae/nn/biased_attention.h"
#include "mae/nn/patch_conv.h"

namespace mae {

/// Where the cells of a grid lie in the picture.
struct CellPlaces {
  Tensor corner;  ///< [B or 1, H, W, 2] int64: row and column of a cell's upper left corner,
                  ///< in cells of the first stage
  Size2d extent;  ///< of the whole picture, in cells of the first stage
  int64_t cell_size = 1;  ///< side of a cell of this grid, in cells of the first stage
  int64_t step = 1;       ///< every coordinate is a multiple of it
};
/// All cells of a whole picture.
CellPlaces whole_places(Size2d extent, at::Device device);
/// Those of the next stage, one for 2 x 2. Coordinates stay multiples of at most `max_step`.
CellPlaces downsample_places(const CellPlaces& places, int64_t max_step);

/// How a grid is cut into windows, and all that the blocks which cut it so share.
struct WindowPlan {
  Size2d window, shift;
  Tensor distances;  ///< [T, 2] every relative coordinate (key minus query) that may occur, sign(d)
                     ///< ln(1 + |d|), in cells of this grid
  Tensor index;      ///< [B or 1, windows, L, L] into distances
  Tensor separated;  ///< [windows, L, L], -100 between cells that the roll brought together;
                     ///< undefined without a shift
};
/// window_size  sides; a side of the grid that is not longer is one window and is not shifted
/// shifted      by half a window
WindowPlan plan_windows(const CellPlaces& places, int64_t window_size, bool shifted);

/// x += windows(attn(norm1 x)); x += mlp(norm2 x).
class SwinBlock : public Module {
 public:
  /// posmlp_dim   hidden width of the position network
  /// in_dim       when not 0, the width of the stage before: the block then owns "downsample.norm"
  ///              (eps downsample_eps) and "downsample.proj", 2 x 2 cells to one
  SwinBlock(const BlockOptions& options, int64_t posmlp_dim, int64_t in_dim, double downsample_eps);
  /// x [B, H, W, D] -> the same shape. branch_scale as in TransformerBlock.
  Tensor forward(const Tensor& x, const WindowPlan& plan, const Tensor& branch_scale = {}) const;
  /// [B, H, W, in_dim] -> [B, H/2, W/2, D]
  Tensor downsample(const Tensor& x) const;

 private:
  struct Downsample;
  class PositionAttention;
  std::shared_ptr<Downsample> downsample_;
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<PositionAttention> attn_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace mae
