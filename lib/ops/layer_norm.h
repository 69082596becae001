// Layer normalisation between a residual sum and a matrix product, in the type the product reads.
#pragma once

#include <utility>

#include "mae/ops/tensor.h"

namespace mae {

/// Scale and shift [D] of a norm over the last dimension.
struct NormWeights {
  const Tensor &weight, &bias;
  double eps;
};

/// x [..., D] normalised row by row. Differentiable. On the CPU float32 runs through our own
/// kernels (kernels/token_rows.h) and comes out in the type autocast gives products, rounded once;
/// other types, other devices and MAE_KERNELS=plain through LibTorch's layer_norm.
Tensor layer_norm(const Tensor& x, const NormWeights& norm);

/// x + branch, both [..., D], and layer_norm of it, each element read once where our kernels run.
/// Differentiable; gradients do not depend on the number of threads.
std::pair<Tensor, Tensor> add_layer_norm(const Tensor& x, const Tensor& branch,
                                         const NormWeights& norm);

/// x + branch in the type of x where that is the wider one: float32 + bfloat16 without a copy in
/// between. Differentiable.
Tensor add_branch(const Tensor& x, const Tensor& branch);

}  // namespace mae
