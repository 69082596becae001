#include "mae/models/init_rules.h"

#include <ATen/core/grad_mode.h>

#include <cmath>

#include "mae/base/text.h"
#include "mae/models/initialize.h"

namespace mae {
namespace {

double fan_out(const Tensor& weight, int64_t groups) {
  return static_cast<double>(weight.size(0) * weight.size(2) * weight.size(3)) /
         static_cast<double>(groups);
}

void initialize_conv(const std::string& name, Tensor& parameter, const Tensor& weight,
                     const InitRules& rules, uint64_t seed) {
  if (rules.conv == ConvInit::kDefault) {
    fill_uniform(parameter, conv_default_bound(weight), seed, name);
  } else if (parameter.dim() == 4) {
    fill_normal(parameter, std::sqrt(2.0 / fan_out(weight, rules.conv_groups)), seed, name);
  } else {
    parameter.zero_();
  }
}

void initialize_linear(const std::string& name, Tensor& weight, const InitRules& rules,
                       uint64_t seed) {
  if (rules.linear == LinearInit::kXavierUniform) {
    fill_uniform(weight, xavier_bound(weight), seed, name);
  } else {
    fill_normal(weight, 0.02, seed, name);
  }
}

// The weight a bias belongs to; the parameter itself when it is no bias.
Tensor weight_of(const std::string& name, const Tensor& parameter,
                 const NamedTensors& parameters) {
  if (!ends_with(name, ".bias")) return parameter;
  const Tensor* weight = parameters.find(name.substr(0, name.size() - 4) + "weight");
  return weight ? *weight : parameter;
}

}  // namespace

double conv_default_bound(const Tensor& weight) {
  return 1.0 / std::sqrt(static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0)));
}

void initialize_module(Module& module, const InitRules& rules, uint64_t seed,
                       const SpecialInit& special) {
  at::NoGradGuard no_grad;
  auto parameters = module.named_parameters();
  for (auto& item : parameters) {
    const std::string& name = item.key();
    Tensor& parameter = item.value();
    if (special && special(name, parameter)) continue;
    if (ends_with(name, "pos_embed") || ends_with(name, "relative_position_bias_table")) continue;
    const Tensor weight = weight_of(name, parameter, parameters);
    if (ends_with(name, "_token")) {
      fill_normal(parameter, 0.02, seed, name);
    } else if (weight.dim() == 4) {
      initialize_conv(name, parameter, weight, rules, seed);
    } else if (parameter.dim() == 2) {
      initialize_linear(name, parameter, rules, seed);
    } else {
      parameter.fill_(ends_with(name, ".weight") ? 1.0 : 0.0);
    }
  }
}

}  // namespace mae
