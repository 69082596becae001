// Self-attention with an additive bias on its logits: relative positions, window masks, or both.
// Plain MAE keeps its own attention without (transformer_block.h).
#pragma once

#include <memory>

#include "mae/base/size2d.h"
#include "mae/nn/transformer_block.h"

namespace mae {

/// Parameters as Attention: qkv [3D, D] with rows q, k, v, and proj.
class BiasedAttention : public Module {
 public:
  BiasedAttention(int64_t dim, int64_t num_heads, bool qkv_bias);
  /// x [B, L, D]; bias, when defined, is added to q k^T / sqrt(D/N) and broadcasts to [B, N, L, L].
  Tensor forward(const Tensor& x, const Tensor& bias) const;
  int64_t num_heads() const { return num_heads_; }

 private:
  int64_t num_heads_;
  std::shared_ptr<Linear> qkv_, proj_;
};

/// With a learned table of one bias a head for every relative position of two cells of a window.
class RelPosAttention : public BiasedAttention {
 public:
  /// `window` sizes the table "relative_position_bias_table" [(2h-1)(2w-1), N], zero at first.
  RelPosAttention(int64_t dim, int64_t num_heads, bool qkv_bias, Size2d window);
  /// index [..., L, L] into the table (relative_position_index) -> [..., N, L, L]
  Tensor bias_at(const Tensor& index) const;

 private:
  Tensor table_;
};

/// Pre-norm block around either attention: x += attn(norm1 x, bias); x += mlp(norm2 x).
/// The names are TransformerBlock's, with the table of RelPosAttention where there is a window.
class BiasedBlock : public Module {
 public:
  /// `rel_pos_window` 0 x 0: without a table.
  BiasedBlock(const BlockOptions& options, Size2d rel_pos_window);
  /// index [L, L] or [B, L, L] into the table, undefined without one; branch_scale as in
  /// TransformerBlock.
  Tensor forward(const Tensor& x, const Tensor& index, const Tensor& branch_scale = {}) const;

 private:
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<BiasedAttention> attn_;
  std::shared_ptr<RelPosAttention> rel_pos_attn_;  ///< attn_ again, or null
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace mae
