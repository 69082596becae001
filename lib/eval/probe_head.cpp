// logits = x_hat W^T + b with x_hat = (x - mean) / sqrt(var + eps), so with G = (softmax - onehot)
// / B the gradients are dW = G^T x_hat and db = column sums of G.
#include "mae/eval/probe_head.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "mae/base/random_stream.h"

namespace mae {

ProbeHead::ProbeHead(const ProbeHeadOptions& options, at::ScalarType type) : options_(options) {
  weight = at::zeros({options.classes, options.features}, type);
  bias = at::zeros({options.classes}, type);
  running_mean = at::zeros({options.features}, type);
  running_var = at::ones({options.features}, type);
  weight.set_requires_grad(true);  // the optimizer passes over parameters that do not learn
  bias.set_requires_grad(true);
  ParamGroup group;
  group.names = {"1.weight", "1.bias"};
  group.params = {weight, bias};
  group.weight_decay = options.weight_decay;
  optimizer_ = make_lars({std::move(group)}, options.lars);
}

void ProbeHead::initialize(uint64_t seed) {
  const at::NoGradGuard no_grad;
  RandomStream random(seed, "init", 0, sample_id("1.weight"));
  const Tensor values = at::zeros(weight.sizes(), at::kDouble);
  double* value = values.data_ptr<double>();
  for (int64_t i = 0; i < values.numel(); ++i) value[i] = 0.01 * random.normal();
  weight.copy_(values);
  bias.zero_();
}

double ProbeHead::step(Tensor features, const Tensor& labels, double lr) {
  const at::NoGradGuard no_grad;
  const int64_t B = features.size(0);
  const Tensor mean = features.mean(/*dim=*/0);               // [D]
  features.sub_(mean);                                        // [B, D]
  const Tensor variance = features.square().mean(/*dim=*/0);  // [D], biased
  features.mul_((variance + options_.batch_norm_eps).rsqrt_());
  const double unbiased = B > 1 ? static_cast<double>(B) / static_cast<double>(B - 1) : 1;
  running_mean.lerp_(mean, options_.batch_norm_momentum);
  running_var.lerp_(variance * unbiased, options_.batch_norm_momentum);

  const Tensor logits = at::addmm(bias, features, weight.t());  // [B, K]
  const Tensor log_probability = at::log_softmax(logits, /*dim=*/1);
  const Tensor index = labels.unsqueeze(1);  // [B, 1]
  const double loss = -log_probability.gather(/*dim=*/1, index).mean().item<double>();
  const Tensor gradient = log_probability.exp();  // [B, K]
  gradient.scatter_add_(/*dim=*/1, index, at::ones(index.sizes(), gradient.options()).neg_());
  gradient.mul_(1.0 / static_cast<double>(B));
  weight.mutable_grad() = gradient.t().matmul(features);  // [K, D]
  bias.mutable_grad() = gradient.sum(/*dim=*/0);          // [K]
  optimizer_->step(lr);
  return loss;
}

}  // namespace mae
