// Picking tokens of each sample by index.
#pragma once

#include "mae/ops/tensor.h"

namespace mae {

/// tokens [B, L, D], ids [B, K] int64 in 0 to L - 1, which may repeat -> [B, K, D]; differentiable
/// in tokens. On the CPU rows are copied whole; MAE_KERNELS=plain and other devices take LibTorch's
/// gather, with the same result.
/// throws c10::IndexError  an id is outside
Tensor gather_tokens(const Tensor& tokens, const Tensor& ids);

}  // namespace mae
