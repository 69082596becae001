// What happens to rows of tokens between matrix products, each element read once: the residual sum
// with the norm behind it, its backward pass, and rounding to 8 bits. Without LibTorch, compiled
// for each instruction set, of which the best is chosen at run time.
#pragma once

#include <cstdint>

namespace mae::kernels {

/// T is float, or bfloat16 as its 16 bits: what matrix products read and write. Sums are float.
template <typename T>
struct NormRows {
  int64_t columns;
  float eps;
  const float* x;       ///< [rows, columns]
  const T* branch;      ///< [rows, columns] that is added to x first; null: none
  float* sum;           ///< [rows, columns] x + branch; null without a branch
  const float* weight;  ///< [columns]
  const float* bias;    ///< [columns]
  T* out;               ///< [rows, columns] (sum - mean) * rstd * weight + bias
  float* mean;          ///< [rows] of each row; null: not wanted
  float* rstd;          ///< [rows] 1 / sqrt(variance + eps)
};

template <typename T>
struct NormGradRows {
  int64_t columns;
  const float *sum, *mean, *rstd, *weight;  ///< of the forward pass
  const T* grad_out;                        ///< [rows, columns]
  const float* grad_sum;  ///< [rows, columns] that reaches the sum past the norm; null: none
  float* grad_x;          ///< [rows, columns]
  T* grad_branch;         ///< the same rounded; null: not wanted
};

template <typename T>
struct RoundedRows {
  int64_t columns;
  const T* x;            ///< [rows, columns]
  const float* inverse;  ///< [columns] one over each column's step
  float zero_point;      ///< what 0 becomes
  uint8_t* out;          ///< [rows, columns] round(x * inverse) + zero_point in 0 to 255
};

/// begin, end  rows to compute; each is independent of the others
struct TokenRowKernels {
  const char* name;  ///< "avx512", "avx2", "baseline"
  void (*norm_float)(const NormRows<float>& rows, int64_t begin, int64_t end);
  void (*norm_bfloat16)(const NormRows<uint16_t>& rows, int64_t begin, int64_t end);
  /// grad_weight, grad_bias  [columns], to which these rows' shares are added
  void (*norm_grad_float)(const NormGradRows<float>& rows, int64_t begin, int64_t end,
                          float* grad_weight, float* grad_bias);
  void (*norm_grad_bfloat16)(const NormGradRows<uint16_t>& rows, int64_t begin, int64_t end,
                             float* grad_weight, float* grad_bias);
  /// sum [n] = x + branch
  void (*add_bfloat16)(const float* x, const uint16_t* branch, float* sum, int64_t n);
  void (*round_float)(const RoundedRows<float>& rows, int64_t begin, int64_t end);
  void (*round_bfloat16)(const RoundedRows<uint16_t>& rows, int64_t begin, int64_t end);
};

/// The fastest this processor can run.
const TokenRowKernels& token_row_kernels();

/// All that this processor can run, the fastest first, for tests; ends with null.
const TokenRowKernels* const* all_token_row_kernels();

}  // namespace mae::kernels
