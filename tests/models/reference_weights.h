// Loads the weights of a reference file into a module and compares its gradients.
#pragma once

#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "mae/nn/module.h"
#include "support/reference_file.h"
#include "support/tensor_compare.h"

namespace mae::test {

/// Path of a reference file: uncut from MAE_REFERENCE_DIR when set, else the project's copy.
inline std::string reference_path(const std::string& name) {
  const char* given = std::getenv("MAE_REFERENCE_DIR");
  return (given && *given ? std::string(given) : std::string(MAE_TESTS_DIR "/golden/reference")) +
         "/" + name;
}

inline at::Tensor tensor_of(const ReferenceFile& file, const std::string& name) {
  std::vector<double> numbers = file.numbers(name);
  return at::from_blob(numbers.data(), file.shape(name), at::kDouble).clone();
}

/// Widens the module to float64 and copies every parameter from the group "weights".
inline void load_reference_weights(Module& module, const ReferenceFile& file) {
  module.to(at::kDouble);
  at::NoGradGuard no_grad;
  size_t used = 0;
  for (auto& item : module.named_parameters()) {
    const std::string name = "weights/" + item.key();
    ASSERT_TRUE(file.has(name)) << name;
    item.value().copy_(tensor_of(file, name));
    ++used;
  }
  EXPECT_EQ(used, file.children("weights").size());
}

/// Gradients after backward against the group "gradients": all numbers that are there, and the norm
/// where the file is cut.
inline void expect_reference_gradients(const Module& module, const ReferenceFile& file) {
  const auto names = file.children("gradients");
  EXPECT_GT(names.size(), 10u);
  const auto parameters = module.named_parameters();
  for (const std::string& name : names) {
    const std::string path = "gradients/" + name;
    const at::Tensor gradient = parameters[name].grad();
    ASSERT_TRUE(gradient.defined()) << name;
    const std::vector<double> expected = file.numbers(path);
    expect_numbers(path, gradient, expected, {1e-9, 1e-13});
    if (static_cast<int64_t>(expected.size()) < gradient.numel()) {
      expect_number(path + " norm", gradient.norm().item<double>(),
                    file.attribute_number(path, "l2"), kFloat64);
    }
  }
}

}  // namespace mae::test
