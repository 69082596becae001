// The bias goes through scaled_dot_product_attention's mask argument, which is added to the logits.
#include "mae/nn/biased_attention.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>

#include "mae/nn/branch_scale.h"
#include "mae/nn/recompute.h"

namespace mae {

BiasedAttention::BiasedAttention(int64_t dim, int64_t num_heads, bool qkv_bias)
    : num_heads_(num_heads) {
  qkv_ = register_module("qkv", std::make_shared<Linear>(dim, 3 * dim, qkv_bias));
  proj_ = register_module("proj", std::make_shared<Linear>(dim, dim));
}

Tensor BiasedAttention::forward(const Tensor& x, const Tensor& bias) const {
  const int64_t B = x.size(0), L = x.size(1), D = x.size(2), N = num_heads_;
  const Tensor qkv =
      qkv_->forward(x).reshape({B, L, 3, N, D / N}).permute({2, 0, 3, 1, 4});  // [3, B, N, L, D/N]
  std::optional<Tensor> added;
  if (bias.defined()) added = bias.to(qkv.scalar_type());
  Tensor y = at::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], added);  // [B, N, L, D/N]
  return proj_->forward(y.transpose(1, 2).reshape({B, L, D}));                 // [B, L, D]
}

RelPosAttention::RelPosAttention(int64_t dim, int64_t num_heads, bool qkv_bias, Size2d window)
    : BiasedAttention(dim, num_heads, qkv_bias) {
  const int64_t rows = (2 * window.height - 1) * (2 * window.width - 1);
  table_ = register_parameter("relative_position_bias_table", at::zeros({rows, num_heads}));
}

Tensor RelPosAttention::bias_at(const Tensor& index) const {
  std::vector<int64_t> shape = index.sizes().vec();
  shape.push_back(num_heads());
  const Tensor bias = at::index_select(table_, /*dim=*/0, index.flatten()).reshape(shape);
  return bias.movedim(-1, -3);  // [..., L, L, N] -> [..., N, L, L]
}

BiasedBlock::BiasedBlock(const BlockOptions& options, Size2d rel_pos_window) {
  const int64_t D = options.dim, N = options.num_heads;
  const auto hidden = static_cast<int64_t>(static_cast<double>(D) * options.mlp_ratio);
  norm1_ = register_module("norm1", std::make_shared<LayerNorm>(D, options.layer_norm_eps));
  if (rel_pos_window.area() > 0) {
    rel_pos_attn_ = std::make_shared<RelPosAttention>(D, N, options.qkv_bias, rel_pos_window);
    attn_ = rel_pos_attn_;
  } else {
    attn_ = std::make_shared<BiasedAttention>(D, N, options.qkv_bias);
  }
  register_module("attn", attn_);
  norm2_ = register_module("norm2", std::make_shared<LayerNorm>(D, options.layer_norm_eps));
  mlp_ = register_module("mlp", std::make_shared<Mlp>(D, hidden));
}

Tensor BiasedBlock::forward(const Tensor& x, const Tensor& index,
                            const Tensor& branch_scale) const {
  const auto block = [this, index, branch_scale](const Tensor& x) {
    const Tensor bias = rel_pos_attn_ ? rel_pos_attn_->bias_at(index) : Tensor();
    const Tensor y = x + scale_branch(attn_->forward(norm1_->forward(x), bias), branch_scale, 0);
    return y + scale_branch(mlp_->forward(norm2_->forward(y)), branch_scale, 1);
  };
  return recompute(block, x);
}

}  // namespace mae
