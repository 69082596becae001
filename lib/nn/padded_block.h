// The transformer block of M3AE (arXiv 2205.14204; spec 8.3): some keys are padding, and GELU is
// its tanh approximation.
#pragma once

#include <memory>
#include <vector>

#include "mae/nn/biased_attention.h"

namespace mae {

/// x += attn(norm1 x); x += fc2(gelu(fc1(norm2 x))). Names as TransformerBlock's.
class PaddedBlock : public Module {
 public:
  explicit PaddedBlock(const BlockOptions& options);
  /// x [B, L, D]; key_bias [B, 1, 1, L] of padding_bias(), undefined where nothing is padding.
  /// branch_scale [2, B] of branch_factors(), undefined where nothing is dropped.
  Tensor forward(const Tensor& x, const Tensor& key_bias, const Tensor& branch_scale = {}) const;

 private:
  /// fc1 and fc2.
  class TanhMlp : public Module {
   public:
    TanhMlp(int64_t dim, int64_t hidden_dim);
    Tensor forward(const Tensor& x) const;

   private:
    std::shared_ptr<Linear> fc1_, fc2_;
  };
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<BiasedAttention> attn_;
  std::shared_ptr<TanhMlp> mlp_;
};

/// padding [B, L], non-zero = padding -> [B, 1, 1, L], which takes such keys out of every soft-max.
Tensor padding_bias(const Tensor& padding);

/// "blocks.0", ... and "norm" over them: the transformers called encoder and decoder.
class PaddedTransformer : public Module {
 public:
  PaddedTransformer(int64_t depth, const BlockOptions& options);
  /// The final norm included.
  Tensor forward(Tensor x, const Tensor& key_bias) const;
  /// Also keeps the output of the blocks `wanted`, counted from 1, before the norm.
  Tensor forward(Tensor x, const Tensor& key_bias, const std::vector<int64_t>& wanted,
                 std::vector<Tensor>* kept) const;
  const std::vector<std::shared_ptr<PaddedBlock>>& blocks() const { return blocks_; }
  const LayerNorm& norm() const { return *norm_; }

 private:
  std::vector<std::shared_ptr<PaddedBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_;
};

}  // namespace mae
