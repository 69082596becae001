// Rebuilds the inputs and weights of a golden case from names alone (protocol in
// tests/golden/README.md).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/nn/module.h"
#include "mae/ops/tensor.h"

namespace mae::test {

/// `count` numbers in [0, 1) from a name: FNV-1a, then splitmix64, 24 bits each.
std::vector<double> numbers_from_name(const std::string& name, int64_t count);

/// An input as the case describes it: scale * u + offset, truncated when "floor". Float64.
Tensor input_tensor(const nlohmann::json& description);

/// Widens the module to float64 and fills every parameter but the position tables by its name.
void fill_from_names(Module& module);

/// Checks parameter names and shapes, their count, and which are frozen.
void expect_parameters(const Module& module, const nlohmann::json& test_case);

/// Checks X, X_shape, X_sum and X_sumsq of `expected`.
void expect_tensor(const std::string& name, const Tensor& actual, const nlohmann::json& expected);

/// Euclidean norms of all gradients after backward.
void expect_gradients(const Module& module, const nlohmann::json& expected);

}  // namespace mae::test
