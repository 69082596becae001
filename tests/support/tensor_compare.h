// Comparing tensors with reference numbers: the first mismatch and the largest difference are
// printed.
#pragma once

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace mae::test {

/// Tolerances, one place: |a - b| <= relative * |b| + absolute.
struct Tolerance {
  double relative, absolute;
};
constexpr Tolerance kFloat64{1e-9, 1e-12};    ///< single values and gradient norms
constexpr Tolerance kFloat64Sum{1e-9, 1e-9};  ///< sums over whole tensors
constexpr Tolerance kFloat32{0.0, 1e-5};      ///< checkpoints in float32, absolute

/// `expected` may hold only the first numbers of the tensor.
inline void expect_numbers(const std::string& name, const at::Tensor& actual,
                           const std::vector<double>& expected, Tolerance tolerance) {
  const at::Tensor flat = actual.detach().to(at::kDouble).flatten().contiguous();
  ASSERT_LE(expected.size(), static_cast<size_t>(flat.numel())) << name;
  ASSERT_FALSE(expected.empty()) << name;
  const double* values = flat.data_ptr<double>();
  double largest = 0;
  int64_t first = -1;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::abs(values[i] - expected[i]);
    largest = std::max(largest, difference);
    const bool close =
        difference <= tolerance.relative * std::abs(expected[i]) + tolerance.absolute;
    if (!close && first < 0) first = static_cast<int64_t>(i);
  }
  EXPECT_EQ(first, -1) << name << ": first mismatch at " << first << ": "
                       << values[std::max<int64_t>(first, 0)] << " instead of "
                       << expected[static_cast<size_t>(std::max<int64_t>(first, 0))]
                       << ", largest difference " << largest;
}

inline void expect_number(const std::string& name, double actual, double expected,
                          Tolerance tolerance) {
  EXPECT_LE(std::abs(actual - expected),
            tolerance.relative * std::abs(expected) + tolerance.absolute)
      << name << ": " << actual << " instead of " << expected;
}

}  // namespace mae::test
