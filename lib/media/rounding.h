// Python's round(), which decides crop offsets and crop sizes in the published preprocessing.
#pragma once

#include <cmath>
#include <cstdint>

namespace mae {

/// Nearest integer, ties to the even one, whatever rounding mode the processor is in. |value| <
/// 2^53.
inline int64_t round_half_to_even(double value) {
  const double below = std::floor(value);
  const double rest = value - below;
  const auto base = static_cast<int64_t>(below);
  if (rest != 0.5) return rest < 0.5 ? base : base + 1;
  return base % 2 == 0 ? base : base + 1;
}

}  // namespace mae
