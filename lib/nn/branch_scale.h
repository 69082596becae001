// Stochastic depth as factors on residual branches: given, not drawn, so that it can be replayed.
#pragma once

#include "mae/ops/tensor.h"

namespace mae {

/// branch [B, ...] times one factor a sample: row `which` of branch_scale [2, B] (0 attention or
/// convolution, 1 MLP). Undefined scale: the branch as it is.
Tensor scale_branch(const Tensor& branch, const Tensor& branch_scale, int64_t which);

/// uniform [2, B] -> factors [2, B]: 0 where the number is >= 1 - rate, else 1 / (1 - rate).
Tensor branch_factors(const Tensor& uniform, double rate);

/// Rate of block i of `depth`: linear from 0 to `last`.
double drop_path_rate_of(double last, int64_t block, int64_t depth);

/// What block i gets: row i of drop_path_uniform [depth, 2, B] as factors at its linear rate;
/// undefined when nothing is dropped.
Tensor block_branch_scale(const Tensor& drop_path_uniform, double last_rate, int64_t block,
                          int64_t depth);

}  // namespace mae
