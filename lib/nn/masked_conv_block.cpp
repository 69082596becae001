// The published code computes hidden cells too and multiplies them by zero before the depthwise
// convolution. Nothing of them reaches a visible cell or the loss, so they are left out here.
#include "mae/nn/masked_conv_block.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/zeros.h>

#include <optional>

#include "mae/nn/branch_scale.h"
#include "mae/nn/recompute.h"

namespace mae {
namespace {

constexpr int64_t kKernel = 5;  // the paper's, in both convolution stages

}  // namespace

VisibleCells::VisibleCells(const Tensor& ids_keep, Size2d grid, Size2d cells)
    : batch_(ids_keep.size(0)),
      visible_(ids_keep.size(1)),
      size_{grid.height * cells.height, grid.width * cells.width},
      cells_(cells) {
  const auto counted = [&](int64_t count, std::vector<int64_t> shape) {
    return at::arange(count, ids_keep.options()).reshape(shape);
  };
  const Tensor unit_row = ids_keep.floor_divide(grid.width).reshape({batch_, visible_, 1, 1});
  const Tensor unit_column = ids_keep.remainder(grid.width).reshape({batch_, visible_, 1, 1});
  const Tensor sample = counted(batch_, {batch_, 1, 1, 1});
  const Tensor row = unit_row * cells.height + counted(cells.height, {1, 1, cells.height, 1});
  const Tensor column = unit_column * cells.width + counted(cells.width, {1, 1, 1, cells.width});
  index_ = ((sample * size_.height + row) * size_.width + column).flatten();  // [B*L_vis*u*v]
}

Tensor VisibleCells::to_grid(const Tensor& units) const {
  const int64_t C = units.size(-1);
  const Tensor empty = at::zeros({batch_ * size_.area(), C}, units.options());
  return empty.index_copy(/*dim=*/0, index_, units.reshape({-1, C}))
      .reshape({batch_, size_.height, size_.width, C});
}

Tensor VisibleCells::from_grid(const Tensor& grid) const {
  const int64_t C = grid.size(-1);
  // gather, since the gradient of index_select is added row by row on the CPU
  const Tensor index = index_.unsqueeze(/*dim=*/1).expand({-1, C});
  return grid.reshape({batch_ * size_.area(), C})
      .gather(/*dim=*/0, index)
      .reshape({batch_ * visible_, cells_.height, cells_.width, C});
}

MaskedConvBlock::PointwiseMlp::PointwiseMlp(int64_t dim, int64_t hidden_dim) {
  fc1_ = register_module("fc1", std::make_shared<PatchConv>(dim, hidden_dim));
  fc2_ = register_module("fc2", std::make_shared<PatchConv>(hidden_dim, dim));
}

Tensor MaskedConvBlock::PointwiseMlp::forward(const Tensor& x) const {
  return fc2_->forward(at::gelu(fc1_->forward(x), /*approximate=*/"none"));
}

MaskedConvBlock::MaskedConvBlock(int64_t dim, double mlp_ratio, double layer_norm_eps) {
  const auto hidden = static_cast<int64_t>(static_cast<double>(dim) * mlp_ratio);
  norm1_ = register_module("norm1", std::make_shared<LayerNorm>(dim, layer_norm_eps));
  conv1_ = register_module("conv1", std::make_shared<PatchConv>(dim, dim));
  conv2_ = register_module("conv2", std::make_shared<PatchConv>(dim, dim));
  attn_ = register_module("attn", std::make_shared<DepthwiseConv>(dim, kKernel));
  norm2_ = register_module("norm2", std::make_shared<LayerNorm>(dim, layer_norm_eps));
  mlp_ = register_module("mlp", std::make_shared<PointwiseMlp>(dim, hidden));
}

Tensor MaskedConvBlock::forward(const Tensor& x, const VisibleCells* visible,
                                const Tensor& branch_scale) const {
  const std::optional<VisibleCells> cells =  // the caller's may be gone by the backward pass
      visible ? std::optional<VisibleCells>(*visible) : std::nullopt;
  const auto block = [this, cells, branch_scale](const Tensor& x) {
    Tensor y = conv1_->forward(norm1_->forward(x));
    y = cells ? cells->from_grid(attn_->forward(cells->to_grid(y))) : attn_->forward(y);
    const Tensor z = x + scale_branch(conv2_->forward(y), branch_scale, 0);
    return z + scale_branch(mlp_->forward(norm2_->forward(z)), branch_scale, 1);
  };
  return recompute(block, x);
}

}  // namespace mae
