#include "golden_case.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "support/tensor_compare.h"

namespace mae::test {
namespace {

bool is_table(const std::string& name) {
  const std::string suffix = "pos_embed";
  return name.size() >= suffix.size() &&
         name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
}

Tensor shaped(const std::string& seed, const std::vector<int64_t>& shape) {
  Tensor t = at::empty(shape, at::kDouble);
  const std::vector<double> u = numbers_from_name(seed, t.numel());
  std::copy(u.begin(), u.end(), t.data_ptr<double>());
  return t;
}

}  // namespace

std::vector<double> numbers_from_name(const std::string& name, int64_t count) {
  uint64_t state = 0xcbf29ce484222325ull;
  for (const unsigned char byte : name) state = (state ^ byte) * 0x100000001b3ull;
  std::vector<double> numbers(static_cast<size_t>(count));
  for (double& number : numbers) {
    state += 0x9E3779B97F4A7C15ull;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    z ^= z >> 31;
    number = static_cast<double>(z >> 40) / 16777216.0;
  }
  return numbers;
}

Tensor input_tensor(const nlohmann::json& description) {
  Tensor t = shaped(description.at("seed"), description.at("shape").get<std::vector<int64_t>>());
  t = t * description.value("scale", 1.0) + description.value("offset", 0.0);
  return description.value("floor", false) ? t.trunc() : t;
}

void fill_from_names(Module& module) {
  at::NoGradGuard no_grad;
  for (auto& item : module.named_parameters()) {
    Tensor& parameter = item.value();
    if (is_table(item.key())) continue;
    Tensor values = shaped(item.key(), parameter.sizes().vec()) - 0.5;
    if (parameter.dim() < 2) {
      values = values * 0.2;
      const std::string& name = item.key();
      if (name.size() > 7 && name.compare(name.size() - 7, 7, ".weight") == 0)
        values = values + 1.0;
    }
    parameter.copy_(values.to(at::kFloat));
  }
  module.to(at::kDouble);
}

void expect_parameters(const Module& module, const nlohmann::json& test_case) {
  std::set<std::string> expected_names, names, expected_frozen, frozen;
  int64_t count = 0;
  for (const auto& item : module.named_parameters()) {
    names.insert(item.key());
    count += item.value().numel();
    if (!item.value().requires_grad()) frozen.insert(item.key());
  }
  for (const auto& [name, shape] : test_case.at("parameters").items()) {
    expected_names.insert(name);
    if (!names.count(name)) continue;
    EXPECT_EQ(module.named_parameters()[name].sizes().vec(), shape.get<std::vector<int64_t>>())
        << name;
  }
  for (const auto& name : test_case.at("frozen")) expected_frozen.insert(name.get<std::string>());
  EXPECT_EQ(names, expected_names);
  EXPECT_EQ(frozen, expected_frozen);
  EXPECT_EQ(count, test_case.at("param_count").get<int64_t>());
}

void expect_tensor(const std::string& name, const Tensor& actual, const nlohmann::json& expected) {
  EXPECT_EQ(actual.sizes().vec(), expected.at(name + "_shape").get<std::vector<int64_t>>()) << name;
  const Tensor flat = actual.detach().flatten();
  const auto ends = at::cat({flat.slice(0, 0, 8), flat.slice(0, flat.numel() - 4)});
  expect_numbers(name, ends, expected.at(name).get<std::vector<double>>(), kFloat64);
  expect_number(name + " sum", flat.sum().item<double>(), expected.at(name + "_sum"), kFloat64Sum);
  expect_number(name + " sum of squares", flat.square().sum().item<double>(),
                expected.at(name + "_sumsq"), kFloat64Sum);
}

void expect_gradients(const Module& module, const nlohmann::json& expected) {
  double total = 0;
  for (const auto& item : module.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    const Tensor gradient = item.value().grad();
    const double norm = gradient.defined() ? gradient.norm().item<double>() : 0.0;
    total += norm * norm;
    expect_number("gradient of " + item.key(), norm, expected.at("grad_l2").at(item.key()),
                  kFloat64);
  }
  expect_number("total gradient", std::sqrt(total), expected.at("grad_l2_total"), kFloat64);
}

}  // namespace mae::test
