// Fresh weights, each parameter from its own random stream, so that neither order nor LibTorch's
// version changes them.
#pragma once

#include <cstdint>
#include <string>

#include "mae/ops/tensor.h"

namespace mae {

/// N(0, deviation) into `parameter`, from the stream (seed, "init", 0, name).
void fill_normal(Tensor& parameter, double deviation, uint64_t seed, const std::string& name);

/// N(0, deviation) without what lies outside [-bound, bound].
void fill_truncated_normal(Tensor& parameter, double deviation, double bound, uint64_t seed,
                           const std::string& name);

/// U(-bound, bound).
void fill_uniform(Tensor& parameter, double bound, uint64_t seed, const std::string& name);

/// Xavier's uniform bound sqrt(6 / (fan_in + fan_out)), the tensor seen as [size(0), rest].
double xavier_bound(const Tensor& weight);

/// Initialises a vision transformer's parameter as published (spec 1.10) by its name: matrices
/// Xavier uniform, biases 0, norms (1, 0), tokens N(0, 0.02), patch_embed.proj.bias
/// U(+-1/sqrt(fan_in)). Position tables are left to the model.
void initialize_vit_parameter(const std::string& name, Tensor& parameter,
                              const Tensor& patch_weight, uint64_t seed);

}  // namespace mae
