// Filled on the CPU in float64 and rounded once.
#include "mae/models/initialize.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <cmath>

#include "mae/base/random_stream.h"
#include "mae/base/text.h"

namespace mae {
namespace {

template <typename Draw>
void fill(Tensor& parameter, uint64_t seed, const std::string& name, Draw draw) {
  RandomStream random(seed, "init", 0, sample_id(name));
  Tensor values = at::empty(parameter.sizes(), at::kDouble);
  double* out = values.data_ptr<double>();
  for (int64_t i = 0; i < values.numel(); ++i) out[i] = draw(random);
  at::NoGradGuard no_grad;
  parameter.copy_(values);
}

}  // namespace

void fill_normal(Tensor& parameter, double deviation, uint64_t seed, const std::string& name) {
  fill(parameter, seed, name, [&](RandomStream& random) { return deviation * random.normal(); });
}

void fill_truncated_normal(Tensor& parameter, double deviation, double bound, uint64_t seed,
                           const std::string& name) {
  fill(parameter, seed, name, [&](RandomStream& random) {
    double value = deviation * random.normal();
    while (std::abs(value) > bound) value = deviation * random.normal();
    return value;
  });
}

void fill_uniform(Tensor& parameter, double bound, uint64_t seed, const std::string& name) {
  fill(parameter, seed, name, [&](RandomStream& random) { return random.uniform(-bound, bound); });
}

double xavier_bound(const Tensor& weight) {
  const double fan_out = static_cast<double>(weight.size(0));
  const double fan_in = static_cast<double>(weight.numel()) / fan_out;
  return std::sqrt(6.0 / (fan_in + fan_out));
}

void initialize_vit_parameter(const std::string& name, Tensor& parameter,
                              const Tensor& patch_weight, uint64_t seed) {
  at::NoGradGuard no_grad;
  if (ends_with(name, "_token")) {
    fill_normal(parameter, 0.02, seed, name);
  } else if (name == "patch_embed.proj.bias") {
    // differs from "all biases are 0": the published code leaves this one at the convolution's
    // default.
    const double fan_in =
        static_cast<double>(patch_weight.numel()) / static_cast<double>(patch_weight.size(0));
    fill_uniform(parameter, 1.0 / std::sqrt(fan_in), seed, name);
  } else if (parameter.dim() >= 2) {
    fill_uniform(parameter, xavier_bound(parameter), seed, name);
  } else {
    parameter.fill_(ends_with(name, ".weight") ? 1.0 : 0.0);
  }
}

}  // namespace mae
