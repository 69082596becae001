// What all optimizers share: gradients as one list.
#include "mae/train/optimizer.h"

#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/norm.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

namespace mae {
namespace {

std::vector<Tensor> gradients(const std::vector<ParamGroup>& groups) {
  std::vector<Tensor> grads;
  for (const ParamGroup& group : groups)
    for (const Tensor& param : group.params)
      if (param.grad().defined()) grads.push_back(param.grad());
  return grads;
}

}  // namespace

void Optimizer::zero_grad() {
  // Dropped, not filled with zeros: autograd then hands over its own buffer and adds nothing.
  for (ParamGroup& group : groups_)
    for (Tensor& param : group.params) param.mutable_grad().reset();
}

Tensor Optimizer::grad_norm() const {
  const std::vector<Tensor> grads = gradients(groups_);
  return grads.empty() ? at::zeros({}) : at::norm(at::stack(at::_foreach_norm(grads)));
}

Tensor Optimizer::clip_grad_norm(double max_norm) {
  const Tensor norm = grad_norm();
  const std::vector<Tensor> grads = gradients(groups_);
  if (grads.empty()) return norm;
  const Tensor limit = max_norm / (norm.to(at::kDouble) + 1e-6);  // torch.nn.utils.clip_grad_norm_
  const Tensor scale = at::where(at::isfinite(norm), limit.clamp_max(1.0), at::ones_like(limit));
  at::_foreach_mul_(grads, scale.to(norm.scalar_type()));
  return norm;
}

std::vector<Tensor> parameters_of(const Optimizer& optimizer) {
  std::vector<Tensor> parameters;
  for (const ParamGroup& group : optimizer.groups())
    parameters.insert(parameters.end(), group.params.begin(), group.params.end());
  return parameters;
}

}  // namespace mae
