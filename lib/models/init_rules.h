// Fresh weights by kind of parameter, for models whose papers differ only in a few of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "mae/nn/module.h"
#include "mae/ops/tensor.h"

namespace mae {

enum class LinearInit {
  kXavierUniform,
  kNormal,  ///< N(0, 0.02); the published truncation at +-2 is 100 deviations away
};
enum class ConvInit {
  kDefault,       ///< PyTorch's: weight and bias U(+-1/sqrt(fan_in))
  kFanOutNormal,  ///< N(0, sqrt(2 / fan_out)), bias 0
};

struct InitRules {
  LinearInit linear = LinearInit::kXavierUniform;
  ConvInit conv = ConvInit::kDefault;
  int64_t conv_groups = 1;  ///< divides fan_out of kFanOutNormal
};

/// Fills one parameter; returns false to leave it to the rules.
using SpecialInit = std::function<bool(const std::string& name, Tensor& parameter)>;

/// Every parameter from the stream (seed, "init", 0, its name): "special" first; names ending in
/// "_token" N(0, 0.02); two dimensions by `linear`, four by `conv`; one dimension 1 for weights of
/// norms, 0 for biases except convolutions'. Position tables ("pos_embed") and
/// "relative_position_bias_table" (zeros) keep what the constructor gave.
void initialize_module(Module& module, const InitRules& rules, uint64_t seed,
                       const SpecialInit& special = {});

/// 1 / sqrt(fan_in) of a convolution [out, in / groups, h, w].
double conv_default_bound(const Tensor& weight);

}  // namespace mae
