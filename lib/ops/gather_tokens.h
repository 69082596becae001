// Picking tokens of each sample by index.
#pragma once

#include "mae/ops/tensor.h"

namespace mae {

/// tokens [B, L, D], ids [B, K] int64 -> [B, K, D]; differentiable in tokens.
Tensor gather_tokens(const Tensor& tokens, const Tensor& ids);

}  // namespace mae
