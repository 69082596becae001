// Padding is a bias on the logits, -1e7 as published: its share of a soft-max is exactly 0.
#include "mae/nn/padded_block.h"

#include <ATen/ops/gelu.h>

#include <string>

#include "mae/nn/branch_scale.h"
#include "mae/nn/recompute.h"
#include "mae/nn/wanted_blocks.h"

namespace mae {
namespace {

constexpr double kExcluded = -1e7;

}  // namespace

PaddedBlock::TanhMlp::TanhMlp(int64_t dim, int64_t hidden_dim) {
  fc1_ = register_module("fc1", std::make_shared<Linear>(dim, hidden_dim));
  fc2_ = register_module("fc2", std::make_shared<Linear>(hidden_dim, dim));
}

Tensor PaddedBlock::TanhMlp::forward(const Tensor& x) const {
  return fc2_->forward(at::gelu(fc1_->forward(x), "tanh"));
}

PaddedBlock::PaddedBlock(const BlockOptions& options) {
  const int64_t D = options.dim;
  const auto hidden = static_cast<int64_t>(static_cast<double>(D) * options.mlp_ratio);
  norm1_ = register_module("norm1", std::make_shared<LayerNorm>(D, options.layer_norm_eps));
  attn_ = register_module(
      "attn", std::make_shared<BiasedAttention>(D, options.num_heads, options.qkv_bias));
  norm2_ = register_module("norm2", std::make_shared<LayerNorm>(D, options.layer_norm_eps));
  mlp_ = register_module("mlp", std::make_shared<TanhMlp>(D, hidden));
}

Tensor PaddedBlock::forward(const Tensor& x, const Tensor& key_bias,
                            const Tensor& branch_scale) const {
  const auto block = [this, key_bias, branch_scale](const Tensor& x) {
    const Tensor y =
        x + scale_branch(attn_->forward(norm1_->forward(x), key_bias), branch_scale, 0);
    return y + scale_branch(mlp_->forward(norm2_->forward(y)), branch_scale, 1);
  };
  return recompute(block, x);
}

Tensor padding_bias(const Tensor& padding) {
  return (padding.ne(0).to(at::kFloat) * kExcluded).unsqueeze(1).unsqueeze(1);
}

PaddedTransformer::PaddedTransformer(int64_t depth, const BlockOptions& options) {
  auto blocks = register_module("blocks", std::make_shared<Module>());
  for (int64_t i = 0; i < depth; ++i) {
    blocks_.push_back(
        blocks->register_module(std::to_string(i), std::make_shared<PaddedBlock>(options)));
  }
  norm_ = register_module("norm", std::make_shared<LayerNorm>(options.dim, options.layer_norm_eps));
}

Tensor PaddedTransformer::forward(Tensor x, const Tensor& key_bias) const {
  return forward(std::move(x), key_bias, {}, nullptr);
}

Tensor PaddedTransformer::forward(Tensor x, const Tensor& key_bias,
                                  const std::vector<int64_t>& wanted,
                                  std::vector<Tensor>* kept) const {
  for (size_t i = 0; i < blocks_.size(); ++i) {
    x = blocks_[i]->forward(x, key_bias);
    if (kept) keep_wanted(wanted, static_cast<int64_t>(i) + 1, x, kept);
  }
  return norm_->forward(x);
}

}  // namespace mae
