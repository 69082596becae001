// What all optimizers share: gradients as one list.
#include "mae/train/optimizer.h"

#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/norm.h>
#include <ATen/ops/stack.h>

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

double Optimizer::grad_norm() const {
  const std::vector<Tensor> grads = gradients(groups_);
  if (grads.empty()) return 0.0;
  // The one synchronisation of a step: a step from gradients that are not finite must not happen.
  return at::norm(at::stack(at::_foreach_norm(grads))).item<double>();
}

double Optimizer::clip_grad_norm(double max_norm) {
  const double norm = grad_norm();
  const double scale = max_norm / (norm + 1e-6);  // as torch.nn.utils.clip_grad_norm_
  if (scale < 1.0) at::_foreach_mul_(gradients(groups_), scale);
  return norm;
}

std::vector<Tensor> parameters_of(const Optimizer& optimizer) {
  std::vector<Tensor> parameters;
  for (const ParamGroup& group : optimizer.groups())
    parameters.insert(parameters.end(), group.params.begin(), group.params.end());
  return parameters;
}

}  // namespace mae
