// How sure a mean of a few repeated measurements is.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace mae {

/// A mean and the half-width of its 95 % confidence interval.
struct MeanInterval {
  double mean = 0;
  double half_width = std::numeric_limits<double>::quiet_NaN();  ///< NaN for a single value
};

/// values      one or more, drawn independently
/// half_width  t * s / sqrt(n) with Student's t of n - 1 degrees of freedom and the deviation s
/// that
///             divides by n - 1
MeanInterval mean_interval(const std::vector<double>& values);

/// The t that |T| does not exceed with probability 0.95, T having Student's distribution.
/// degrees  of freedom, at least 1: 1 gives 12.706, 9 gives 2.262, many give 1.960
double student_t_95(int64_t degrees);

}  // namespace mae
