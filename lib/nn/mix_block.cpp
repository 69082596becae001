// One bias for all samples where they share their mask, as in training.
#include "mae/nn/mix_block.h"

#include <algorithm>

#include "mae/nn/branch_scale.h"
#include "mae/nn/recompute.h"
#include "mae/ops/grid_ops.h"

namespace mae {
namespace {

constexpr double kNeverAttended = -1e30;  // the published value; the soft-max makes it exactly 0

// bias [N, L, L] -> [B * windows, N, L, L]
Tensor window_bias(const Tensor& bias, const MixWindows& plan, int64_t B) {
  if (!plan.apart.defined()) return bias;  // broadcasts
  const int64_t windows = plan.apart.size(1), N = bias.size(0), L = bias.size(1);
  const Tensor masked =
      bias.expand({plan.apart.size(0), windows, N, L, L})
          .masked_fill(plan.apart.unsqueeze(2), kNeverAttended);  // [B or 1, windows, N, L, L]
  return masked.expand({B, windows, N, L, L}).reshape({B * windows, N, L, L});
}

}  // namespace

MixWindows plan_mix_windows(Size2d grid, int64_t window_size, const Tensor& cells) {
  MixWindows plan;
  plan.window = {std::min(window_size, grid.height), std::min(window_size, grid.width)};
  if (!cells.defined()) return plan;
  const int64_t B = cells.size(0), L = plan.window.area();
  const Tensor in_windows =
      window_partition(cells.unsqueeze(-1), plan.window).reshape({B, -1, L});  // [B, windows, L]
  plan.apart = in_windows.unsqueeze(2).ne(in_windows.unsqueeze(3));
  return plan;
}

MixBlock::MixBlock(const BlockOptions& options, Size2d window) {
  const int64_t D = options.dim;
  const auto hidden = static_cast<int64_t>(static_cast<double>(D) * options.mlp_ratio);
  norm1_ = register_module("norm1", std::make_shared<LayerNorm>(D, options.layer_norm_eps));
  attn_ = register_module(
      "attn", std::make_shared<RelPosAttention>(D, options.num_heads, options.qkv_bias, window));
  index_ = attn_->register_buffer("relative_position_index", relative_position_index(window));
  norm2_ = register_module("norm2", std::make_shared<LayerNorm>(D, options.layer_norm_eps));
  mlp_ = register_module("mlp", std::make_shared<Mlp>(D, hidden));
}

Tensor MixBlock::forward(const Tensor& x, const MixWindows& windows,
                         const Tensor& branch_scale) const {
  const auto block = [this, windows, branch_scale](const Tensor& x) {
    const Size2d grid{x.size(1), x.size(2)};
    // A module's conversion to a floating type takes its buffers along.
    const Tensor bias = window_bias(attn_->bias_at(index_.to(at::kLong)), windows, x.size(0));
    Tensor y = attn_->forward(window_partition(norm1_->forward(x), windows.window), bias);
    y = x + scale_branch(window_reverse(y, windows.window, grid), branch_scale, 0);
    return y + scale_branch(mlp_->forward(norm2_->forward(y)), branch_scale, 1);
  };
  return recompute(block, x);
}

}  // namespace mae
