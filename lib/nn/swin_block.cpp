// The position network runs once for every distance that can occur, and each pair of cells looks
// its distance up: in the first stage of a 256-pixel picture 16,129 rows instead of 65,536 a
// sample.
#include "mae/nn/swin_block.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "mae/nn/branch_scale.h"
#include "mae/nn/recompute.h"
#include "mae/ops/grid_ops.h"

namespace mae {
namespace {

// Coordinates of an axis that may lie apart: 2n - 1 distances, from -(n - 1) to n - 1 steps.
int64_t axis_steps(int64_t extent, int64_t step) { return (extent + step - 1) / step; }

// sign(d) ln(1 + |d|) of every distance, rows slowest: [T, 2].
Tensor distance_table(const CellPlaces& places) {
  const int64_t h = axis_steps(places.extent.height, places.step);
  const int64_t w = axis_steps(places.extent.width, places.step);
  const auto options = places.corner.options();
  const Tensor rows = at::arange(1 - h, h, options).unsqueeze(1).expand({2 * h - 1, 2 * w - 1});
  const Tensor columns = at::arange(1 - w, w, options).unsqueeze(0).expand({2 * h - 1, 2 * w - 1});
  const double scale = static_cast<double>(places.step) / static_cast<double>(places.cell_size);
  const Tensor d = at::stack({rows, columns}, /*dim=*/-1).reshape({-1, 2}).to(at::kDouble) * scale;
  return d.sign() * d.abs().log1p();
}

// Row of the table for query i and key j of every window: [B, windows, L, L].
Tensor distance_index(const CellPlaces& places, const Tensor& corner, Size2d window) {
  const int64_t B = corner.size(0), L = window.area();
  const int64_t h = axis_steps(places.extent.height, places.step);
  const int64_t w = axis_steps(places.extent.width, places.step);
  const Tensor cells = window_partition(corner, window).reshape({B, -1, L, 2});
  const Tensor steps = (cells.unsqueeze(2) - cells.unsqueeze(3)).div(places.step, "floor");
  return (steps.select(/*dim=*/-1, 0) + (h - 1)) * (2 * w - 1) + steps.select(/*dim=*/-1, 1) +
         (w - 1);
}

// Which of the three bands of an axis a cell belongs to, before, in and behind the last window's
// unshifted part.
Tensor shift_bands(int64_t length, int64_t window, int64_t shift, at::Device device) {
  Tensor bands = at::zeros({length}, at::TensorOptions().dtype(at::kLong).device(device));
  if (shift == 0) return bands;
  bands.slice(/*dim=*/0, length - window, length - shift).fill_(1);
  bands.slice(/*dim=*/0, length - shift, length).fill_(2);
  return bands;
}

Tensor separate_bands(Size2d grid, const WindowPlan& plan, at::Device device) {
  const Tensor rows = shift_bands(grid.height, plan.window.height, plan.shift.height, device);
  const Tensor columns = shift_bands(grid.width, plan.window.width, plan.shift.width, device);
  const Tensor region = (rows.unsqueeze(1) * 3 + columns).reshape({1, grid.height, grid.width, 1});
  const Tensor cells = window_partition(region, plan.window).squeeze(-1);  // [windows, L]
  return cells.unsqueeze(1).ne(cells.unsqueeze(2)).to(at::kDouble) * -100.0;
}

Tensor roll_grid(const Tensor& grid, Size2d shift, int64_t direction) {
  if (shift.area() == 0 && shift.height == 0 && shift.width == 0) return grid;
  return at::roll(grid, {direction * shift.height, direction * shift.width}, {1, 2});
}

}  // namespace

CellPlaces whole_places(Size2d extent, at::Device device) {
  const auto options = at::TensorOptions().dtype(at::kLong).device(device);
  const int64_t h = extent.height, w = extent.width;
  const Tensor rows = at::arange(h, options).unsqueeze(1).expand({h, w});
  const Tensor columns = at::arange(w, options).unsqueeze(0).expand({h, w});
  return {at::stack({rows, columns}, /*dim=*/-1).unsqueeze(0), extent, 1, 1};
}

CellPlaces downsample_places(const CellPlaces& places, int64_t max_step) {
  const Tensor& corner = places.corner;
  const Tensor kept = corner.slice(/*dim=*/1, 0, corner.size(1), 2)
                          .slice(/*dim=*/2, 0, corner.size(2), 2);  // [B, H/2, W/2, 2]
  return {kept, places.extent, 2 * places.cell_size, std::min(2 * places.step, max_step)};
}

WindowPlan plan_windows(const CellPlaces& places, int64_t window_size, bool shifted) {
  const Size2d grid{places.corner.size(1), places.corner.size(2)};
  WindowPlan plan;
  plan.window = {std::min(window_size, grid.height), std::min(window_size, grid.width)};
  if (shifted) {
    plan.shift = {grid.height > window_size ? window_size / 2 : 0,
                  grid.width > window_size ? window_size / 2 : 0};
  }
  plan.distances = distance_table(places);
  plan.index = distance_index(places, roll_grid(places.corner, plan.shift, -1), plan.window);
  if (plan.shift != Size2d{}) plan.separated = separate_bands(grid, plan, places.corner.device());
  return plan;
}

/// "posmlp.0" and "posmlp.2", 1 x 1 convolutions with a ReLU between, beside qkv and proj.
class SwinBlock::PositionAttention : public BiasedAttention {
 public:
  PositionAttention(int64_t dim, int64_t num_heads, bool qkv_bias, int64_t posmlp_dim)
      : BiasedAttention(dim, num_heads, qkv_bias) {
    auto list = register_module("posmlp", std::make_shared<ModuleList>());
    hidden_ = list->register_module("0", std::make_shared<PatchConv>(2, posmlp_dim));
    out_ = list->register_module("2", std::make_shared<PatchConv>(posmlp_dim, num_heads));
  }

  /// [B * windows, N, L, L] for a batch of B.
  Tensor bias(const WindowPlan& plan, int64_t B) const {
    const int64_t windows = plan.index.size(1), L = plan.index.size(2), N = num_heads();
    const Tensor distances = plan.distances.to(hidden_->weight.scalar_type());
    const Tensor table = out_->forward(at::relu(hidden_->forward(distances)));  // [T, N]
    Tensor bias = at::index_select(table, /*dim=*/0, plan.index.flatten())
                      .reshape({-1, windows, L, L, N})
                      .permute({0, 1, 4, 2, 3});  // [B or 1, windows, N, L, L]
    if (plan.separated.defined()) bias = bias + plan.separated.unsqueeze(1).to(bias.scalar_type());
    return bias.expand({B, windows, N, L, L}).reshape({B * windows, N, L, L});
  }

 private:
  std::shared_ptr<PatchConv> hidden_, out_;
};

struct SwinBlock::Downsample : Module {
  Downsample(int64_t in_dim, int64_t dim, double eps)
      : norm(register_module("norm", std::make_shared<LayerNorm>(in_dim, eps))),
        proj(register_module("proj", std::make_shared<PatchConv>(in_dim, dim, Size2d{2, 2}))) {}
  std::shared_ptr<LayerNorm> norm;
  std::shared_ptr<PatchConv> proj;
};

SwinBlock::SwinBlock(const BlockOptions& options, int64_t posmlp_dim, int64_t in_dim,
                     double downsample_eps) {
  const int64_t D = options.dim;
  const double eps = options.layer_norm_eps;
  const auto hidden = static_cast<int64_t>(static_cast<double>(D) * options.mlp_ratio);
  if (in_dim > 0)
    downsample_ =
        register_module("downsample", std::make_shared<Downsample>(in_dim, D, downsample_eps));
  norm1_ = register_module("norm1", std::make_shared<LayerNorm>(D, eps));
  attn_ = register_module("attn", std::make_shared<PositionAttention>(
                                      D, options.num_heads, options.qkv_bias, posmlp_dim));
  norm2_ = register_module("norm2", std::make_shared<LayerNorm>(D, eps));
  mlp_ = register_module("mlp", std::make_shared<Mlp>(D, hidden));
}

Tensor SwinBlock::forward(const Tensor& x, const WindowPlan& plan,
                          const Tensor& branch_scale) const {
  const auto block = [this, plan, branch_scale](const Tensor& x) {
    const Size2d grid{x.size(1), x.size(2)};
    const Tensor windows =
        window_partition(roll_grid(norm1_->forward(x), plan.shift, -1), plan.window);
    Tensor y = attn_->forward(windows, attn_->bias(plan, x.size(0)));
    y = roll_grid(window_reverse(y, plan.window, grid), plan.shift, 1);  // [B, H, W, D]
    y = x + scale_branch(y, branch_scale, 0);
    return y + scale_branch(mlp_->forward(norm2_->forward(y)), branch_scale, 1);
  };
  return recompute(block, x);
}

Tensor SwinBlock::downsample(const Tensor& x) const {
  return downsample_->proj->forward(downsample_->norm->forward(x));
}

}  // namespace mae
