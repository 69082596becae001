// Student's distribution by its finite series for whole degrees of freedom (Abramowitz and Stegun,
// 26.7.3 and 26.7.4), inverted by bisection: no table that ends somewhere.
#include "mae/eval/confidence.h"

#include <cassert>
#include <cmath>

namespace mae {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr int kHalvings = 60;  // of an angle below pi / 2: to the last bit of a double

/// P(|T| <= sqrt(degrees) * tan(angle)).
double share_within(double angle, int64_t degrees) {
  const double cosine = std::cos(angle);
  const bool odd = degrees % 2 == 1;
  double term = odd ? cosine : 1, sum = degrees == 1 ? 0 : term;
  for (int64_t k = 1; k <= (degrees - (odd ? 3 : 2)) / 2; ++k) {
    const auto even_factor = static_cast<double>(2 * k);
    term *=
        cosine * cosine * (odd ? even_factor / (even_factor + 1) : (even_factor - 1) / even_factor);
    sum += term;
  }
  const double series = std::sin(angle) * sum;
  return odd ? 2 / kPi * (angle + series) : series;
}

}  // namespace

MeanInterval mean_interval(const std::vector<double>& values) {
  assert(!values.empty());
  const auto n = static_cast<double>(values.size());
  MeanInterval interval;
  for (const double value : values) interval.mean += value / n;
  if (values.size() == 1) return interval;
  double squares = 0;
  for (const double value : values) {
    squares += (value - interval.mean) * (value - interval.mean);
  }
  interval.half_width = student_t_95(static_cast<int64_t>(values.size()) - 1) *
                        std::sqrt(squares / (n - 1)) / std::sqrt(n);
  return interval;
}

double student_t_95(int64_t degrees) {
  assert(degrees >= 1);
  double low = 0, high = kPi / 2;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (share_within(middle, degrees) < 0.95 ? low : high) = middle;
  }
  return std::sqrt(static_cast<double>(degrees)) * std::tan(low);
}

}  // namespace mae
