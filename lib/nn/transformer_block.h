// The pre-norm transformer block of ViT and MAE (spec 1.4) with stochastic depth given, not drawn.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mae/nn/layers.h"

namespace mae {

/// Multi-head self-attention: qkv as one matrix [3D, D] with rows q, k, v, heads contiguous inside
/// each. With qkv_bias but no key_bias the queries' and values' biases are parameters of their own,
/// q_bias and v_bias [D], and keys have none, as in VideoMAE and its relatives (spec 2.1).
class Attention : public Module {
 public:
  Attention(int64_t dim, int64_t num_heads, bool qkv_bias, bool key_bias = true);
  Tensor forward(const Tensor& x) const;  ///< [B, L, D] -> [B, L, D]
  /// The same of the tokens `ids` [B, K] alone, which attend to all: [B, K, D].
  Tensor forward_at(const Tensor& x, const Tensor& ids) const;
  Tensor attention_map(
      const Tensor& x) const;  ///< [B, N, L, L], softmax(q k^T / sqrt(D/N)); slow, for looking at

 private:
  Tensor project(const Tensor& x) const;  // [B, L, D] -> q, k, v as [B, L, 3D]

  int64_t num_heads_;
  std::shared_ptr<Linear> qkv_, proj_;
  Tensor q_bias_, v_bias_;  // undefined unless keys alone have no bias
};

/// fc1, exact GELU, fc2.
class Mlp : public Module {
 public:
  Mlp(int64_t dim, int64_t hidden_dim);
  Tensor forward(const Tensor& x) const;

 private:
  std::shared_ptr<Linear> fc1_, fc2_;
};

struct BlockOptions {
  int64_t dim = 768, num_heads = 12;
  double mlp_ratio = 4.0;
  bool qkv_bias = true;
  double layer_norm_eps = 1e-6;
  bool key_bias = true;  ///< false: q_bias and v_bias in place of qkv.bias
};

class TransformerBlock : public Module {
 public:
  explicit TransformerBlock(const BlockOptions& options);
  /// x [B, L, D]. `branch_scale`, when defined, is [2, B]: the factor on the attention and the MLP
  /// branch of each sample (0 = dropped, 1 / keep probability = kept), stochastic depth's draw.
  Tensor forward(const Tensor& x, const Tensor& branch_scale = {}) const;
  /// What forward() gives of the tokens `ids` [B, K]: [B, K, D]. What comes behind the attention is
  /// computed for these alone.
  Tensor forward_at(const Tensor& x, const Tensor& ids) const;
  Tensor attention_map(const Tensor& x) const;

 private:
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<Attention> attn_;
  std::shared_ptr<Mlp> mlp_;
};

/// Registers `depth` blocks in `owner` as "NAME.0", "NAME.1", ... and returns them.
std::vector<std::shared_ptr<TransformerBlock>> register_blocks(Module& owner,
                                                               const std::string& name,
                                                               int64_t depth,
                                                               const BlockOptions& options);

}  // namespace mae
