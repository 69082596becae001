// Scaled dot-product attention of tokens among themselves.
#pragma once

#include "mae/ops/tensor.h"

namespace mae {

/// qkv [B, L, 3 * D], queries, keys and values of `num_heads` heads each behind the other -> [B, L,
/// D]: softmax(q k^T / sqrt(D / num_heads)) v by head. Differentiable. On the CPU float32 and
/// bfloat16 run through our own kernels (kernels/attention.h), which never store the L x L matrix;
/// float64, other devices and MAE_KERNELS=plain through scaled_dot_product_attention. The result
/// does not depend on the number of threads.
Tensor self_attention(const Tensor& qkv, int64_t num_heads);

}  // namespace mae
