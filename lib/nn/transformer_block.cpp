// Stochastic depth is given as factors, so that a caller can replay it.
#include "mae/nn/transformer_block.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

#include "mae/nn/branch_scale.h"
#include "mae/nn/recompute.h"
#include "mae/ops/gather_tokens.h"
#include "mae/ops/self_attention.h"

namespace mae {
namespace {

// [B, L, 3D] -> q, k, v as [3, B, N, L, D/N]
Tensor split_heads(const Tensor& qkv, int64_t num_heads) {
  const int64_t B = qkv.size(0), L = qkv.size(1), D = qkv.size(2) / 3;
  return qkv.reshape({B, L, 3, num_heads, D / num_heads}).permute({2, 0, 3, 1, 4});
}

}  // namespace

Attention::Attention(int64_t dim, int64_t num_heads, bool qkv_bias, bool key_bias)
    : num_heads_(num_heads) {
  if (qkv_bias && !key_bias) {
    q_bias_ = register_parameter("q_bias", at::zeros({dim}));
    v_bias_ = register_parameter("v_bias", at::zeros({dim}));
  }
  qkv_ = register_module("qkv", std::make_shared<Linear>(dim, 3 * dim, qkv_bias && key_bias));
  proj_ = register_module("proj", std::make_shared<Linear>(dim, dim));
}

Tensor Attention::project(const Tensor& x) const {
  if (!q_bias_.defined()) return qkv_->forward(x);
  const Tensor bias = at::cat({q_bias_, at::zeros_like(v_bias_), v_bias_});  // [3D]
  return qkv_->forward(x, bias);
}

Tensor Attention::forward(const Tensor& x) const {
  return proj_->forward(self_attention(project(x), num_heads_));
}

Tensor Attention::forward_at(const Tensor& x, const Tensor& ids) const {
  return proj_->forward(gather_tokens(self_attention(project(x), num_heads_), ids));
}

Tensor Attention::attention_map(const Tensor& x) const {
  const Tensor qkv = split_heads(project(x), num_heads_);
  const double scale = 1.0 / std::sqrt(static_cast<double>(qkv.size(-1)));
  return at::softmax(at::matmul(qkv[0] * scale, qkv[1].transpose(-2, -1)),
                     /*dim=*/-1);  // [B, N, L, L]
}

Mlp::Mlp(int64_t dim, int64_t hidden_dim) {
  fc1_ = register_module("fc1", std::make_shared<Linear>(dim, hidden_dim));
  fc2_ = register_module("fc2", std::make_shared<Linear>(hidden_dim, dim));
}

Tensor Mlp::forward(const Tensor& x) const { return fc2_->forward(fc1_->forward_gelu(x)); }

TransformerBlock::TransformerBlock(const BlockOptions& options) {
  const int64_t D = options.dim;
  const auto hidden = static_cast<int64_t>(static_cast<double>(D) * options.mlp_ratio);
  norm1_ = register_module("norm1", std::make_shared<LayerNorm>(D, options.layer_norm_eps));
  attn_ = register_module("attn", std::make_shared<Attention>(D, options.num_heads,
                                                              options.qkv_bias, options.key_bias));
  norm2_ = register_module("norm2", std::make_shared<LayerNorm>(D, options.layer_norm_eps));
  mlp_ = register_module("mlp", std::make_shared<Mlp>(D, hidden));
}

Tensor TransformerBlock::forward(const Tensor& x, const Tensor& branch_scale) const {
  const auto block = [this, branch_scale](const Tensor& x) {
    const Tensor attended = attn_->forward(norm1_->forward_for_product(x));
    const auto [y, normed] = norm2_->forward_sum(x, scale_branch(attended, branch_scale, 0));
    return add_branch(y, scale_branch(mlp_->forward(normed), branch_scale, 1));
  };
  return recompute(block, x);
}

Tensor TransformerBlock::forward_at(const Tensor& x, const Tensor& ids) const {
  const auto block = [this, ids](const Tensor& x) {
    const Tensor attended = attn_->forward_at(norm1_->forward_for_product(x), ids);
    const auto [y, normed] = norm2_->forward_sum(gather_tokens(x, ids), attended);
    return add_branch(y, mlp_->forward(normed));
  };
  return recompute(block, x);
}

Tensor TransformerBlock::attention_map(const Tensor& x) const {
  return attn_->attention_map(norm1_->forward(x));
}

std::vector<std::shared_ptr<TransformerBlock>> register_blocks(Module& owner,
                                                               const std::string& name,
                                                               int64_t depth,
                                                               const BlockOptions& options) {
  auto list = owner.register_module(name, std::make_shared<ModuleList>());
  std::vector<std::shared_ptr<TransformerBlock>> blocks;
  for (int64_t i = 0; i < depth; ++i) {
    blocks.push_back(
        list->register_module(std::to_string(i), std::make_shared<TransformerBlock>(options)));
  }
  return blocks;
}

}  // namespace mae
