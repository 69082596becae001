// Activation checkpointing (Chen et al., arXiv 1604.06174): a block keeps its input alone for the
// backward pass, which computes the rest once more. Memory of one block instead of all, for a third
// more arithmetic.
#pragma once

#include <functional>

#include "mae/ops/tensor.h"

namespace mae {

/// While it lives, blocks called in this thread are recomputed. Training loops decide; models do
/// not know.
class RecomputeGuard {
 public:
  explicit RecomputeGuard(bool on);
  ~RecomputeGuard();
  RecomputeGuard(const RecomputeGuard&) = delete;
  RecomputeGuard& operator=(const RecomputeGuard&) = delete;

 private:
  bool before_;
};

/// block(x), recomputed in the backward pass where a guard says so and x has a gradient. Everything
/// else that the block reads must live as long as the graph: what is on the caller's stack goes
/// into it by value. The gradients are the same bits, as long as the block computes the same twice.
/// Autocast is as it was.
Tensor recompute(const std::function<Tensor(const Tensor&)>& block, const Tensor& x);

}  // namespace mae
