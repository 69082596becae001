// The transformer block of the Pyramid Vision Transformer in UM-MAE's form (arXiv 2102.12122,
// 2205.10063; spec of variants 1.5): keys and values come from a pooled grid.
#pragma once

#include <memory>

#include "mae/nn/patch_conv.h"
#include "mae/nn/transformer_block.h"

namespace mae {

/// Queries from every cell, keys and values from the grid averaged over sr_ratio x sr_ratio cells.
/// The 1 x 1 convolution "sr" and the norm behind the pooling are there even where nothing is
/// pooled.
class PooledAttention : public Module {
 public:
  PooledAttention(int64_t dim, int64_t num_heads, double layer_norm_eps);
  /// x [B, H, W, D] -> [B, H, W, D]; H and W divisible by sr_ratio.
  Tensor forward(const Tensor& x, int64_t sr_ratio) const;

 private:
  int64_t num_heads_;
  std::shared_ptr<Linear> q_, kv_, proj_;
  std::shared_ptr<PatchConv> sr_;
  std::shared_ptr<LayerNorm> norm_;
};

/// x += attn(norm1 x); x += mlp(norm2 x).
class PvtBlock : public Module {
 public:
  /// `in_dim`, when not 0, is the width of the stage before: the block then owns "downsample.proj",
  /// 2 x 2 cells to one, without a norm.
  PvtBlock(const BlockOptions& options, int64_t in_dim);
  /// x [B, H, W, D] -> the same shape. branch_scale as in TransformerBlock.
  Tensor forward(const Tensor& x, int64_t sr_ratio, const Tensor& branch_scale = {}) const;
  /// [B, H, W, in_dim] -> [B, H/2, W/2, D]
  Tensor downsample(const Tensor& x) const;

 private:
  struct Downsample;
  std::shared_ptr<Downsample> downsample_;
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<PooledAttention> attn_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace mae
