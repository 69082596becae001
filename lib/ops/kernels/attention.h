// Self-attention on the CPU, forward and backward, without LibTorch: one file of arithmetic,
// compiled for each instruction set, of which the best is chosen at run time.
#pragma once

#include <cstdint>

namespace mae::kernels {

/// Queries, keys and values in one block [batch, length, 3, heads, head_dim].
struct AttentionShape {
  int64_t batch, length, heads, head_dim;
  int64_t problems() const { return batch * heads; }  ///< one a picture and head
};

/// Elements are float, or bfloat16 as their 16 bits; all sums are float.
/// begin, end  problems to compute; each is independent of the others
/// scratch     attention_scratch() floats, aligned to 64 bytes
struct AttentionKernels {
  const char* name;  ///< "avx512-bf16", "avx512", "avx2", "baseline"
  /// out [batch, length, heads * head_dim]; logsumexp [batch * heads, length] of the scaled logits,
  /// which backward needs, or null.
  void (*forward_float)(const AttentionShape& shape, const float* qkv, float* out, float* logsumexp,
                        int64_t begin, int64_t end, float* scratch);
  void (*forward_bfloat16)(const AttentionShape& shape, const uint16_t* qkv, uint16_t* out,
                           float* logsumexp, int64_t begin, int64_t end, float* scratch);
  /// grad_qkv in the layout of qkv.
  void (*backward_float)(const AttentionShape& shape, const float* qkv, const float* grad_out,
                         const float* logsumexp, float* grad_qkv, int64_t begin, int64_t end,
                         float* scratch);
  void (*backward_bfloat16)(const AttentionShape& shape, const uint16_t* qkv,
                            const uint16_t* grad_out, const float* logsumexp, uint16_t* grad_qkv,
                            int64_t begin, int64_t end, float* scratch);
};

/// Most rows of queries whose logits are in memory at once.
constexpr int64_t kAttentionBlockRows = 96;

/// Floats that one call of any kernel may write to.
int64_t attention_scratch(const AttentionShape& shape);

/// The fastest this processor can run.
const AttentionKernels& attention_kernels();

/// All that this processor can run, the fastest first, for tests; ends with null.
const AttentionKernels* const* all_attention_kernels();

}  // namespace mae::kernels
