// Pooling is a mean over reshaped cells, the 1 x 1 convolution a matrix product.
#include "mae/nn/pvt_block.h"

#include <ATen/ops/scaled_dot_product_attention.h>

#include "mae/nn/branch_scale.h"
#include "mae/nn/recompute.h"

namespace mae {

PooledAttention::PooledAttention(int64_t dim, int64_t num_heads, double layer_norm_eps)
    : num_heads_(num_heads) {
  q_ = register_module("q", std::make_shared<Linear>(dim, dim));
  kv_ = register_module("kv", std::make_shared<Linear>(dim, 2 * dim));
  proj_ = register_module("proj", std::make_shared<Linear>(dim, dim));
  sr_ = register_module("sr", std::make_shared<PatchConv>(dim, dim));
  norm_ = register_module("norm", std::make_shared<LayerNorm>(dim, layer_norm_eps));
}

Tensor PooledAttention::forward(const Tensor& x, int64_t sr_ratio) const {
  const int64_t B = x.size(0), H = x.size(1), W = x.size(2), D = x.size(3), N = num_heads_;
  const int64_t r = sr_ratio;
  const Tensor q = q_->forward(x).reshape({B, H * W, N, D / N}).transpose(1, 2);
  Tensor pooled = x;
  if (r > 1) pooled = x.reshape({B, H / r, r, W / r, r, D}).mean(at::IntArrayRef{2, 4});
  const Tensor kv = kv_->forward(norm_->forward(sr_->forward(pooled)))  // [B, H/r, W/r, 2D]
                        .reshape({B, -1, 2, N, D / N})
                        .permute({2, 0, 3, 1, 4});                     // [2, B, N, L/r^2, D/N]
  const Tensor y = at::scaled_dot_product_attention(q, kv[0], kv[1]);  // [B, N, L, D/N]
  return proj_->forward(y.transpose(1, 2).reshape({B, H, W, D}));
}

struct PvtBlock::Downsample : Module {
  Downsample(int64_t in_dim, int64_t dim)
      : proj(register_module("proj", std::make_shared<PatchConv>(in_dim, dim, Size2d{2, 2}))) {}
  std::shared_ptr<PatchConv> proj;
};

PvtBlock::PvtBlock(const BlockOptions& options, int64_t in_dim) {
  const int64_t D = options.dim;
  const double eps = options.layer_norm_eps;
  const auto hidden = static_cast<int64_t>(static_cast<double>(D) * options.mlp_ratio);
  if (in_dim > 0)
    downsample_ = register_module("downsample", std::make_shared<Downsample>(in_dim, D));
  norm1_ = register_module("norm1", std::make_shared<LayerNorm>(D, eps));
  attn_ = register_module("attn", std::make_shared<PooledAttention>(D, options.num_heads, eps));
  norm2_ = register_module("norm2", std::make_shared<LayerNorm>(D, eps));
  mlp_ = register_module("mlp", std::make_shared<Mlp>(D, hidden));
}

Tensor PvtBlock::forward(const Tensor& x, int64_t sr_ratio, const Tensor& branch_scale) const {
  const auto block = [this, sr_ratio, branch_scale](const Tensor& x) {
    const Tensor y =
        x + scale_branch(attn_->forward(norm1_->forward(x), sr_ratio), branch_scale, 0);
    return y + scale_branch(mlp_->forward(norm2_->forward(y)), branch_scale, 1);
  };
  return recompute(block, x);
}

Tensor PvtBlock::downsample(const Tensor& x) const { return downsample_->proj->forward(x); }

}  // namespace mae
