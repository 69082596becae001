#include "mae/nn/branch_scale.h"

#include <ATen/ops/lt.h>

namespace mae {

Tensor scale_branch(const Tensor& branch, const Tensor& branch_scale, int64_t which) {
  if (!branch_scale.defined()) return branch;
  std::vector<int64_t> shape(static_cast<size_t>(branch.dim()), 1);
  shape.front() = -1;
  return branch * branch_scale[which].reshape(shape).to(branch.scalar_type());
}

Tensor branch_factors(const Tensor& uniform, double rate) {
  return uniform.lt(1.0 - rate).to(at::kDouble) / (1.0 - rate);
}

double drop_path_rate_of(double last, int64_t block, int64_t depth) {
  if (depth < 2) return 0.0;
  return last * static_cast<double>(block) / static_cast<double>(depth - 1);
}

Tensor block_branch_scale(const Tensor& drop_path_uniform, double last_rate, int64_t block,
                          int64_t depth) {
  const double rate = drop_path_rate_of(last_rate, block, depth);
  if (!drop_path_uniform.defined() || rate <= 0) return {};
  return branch_factors(drop_path_uniform[block], rate);
}

}  // namespace mae
