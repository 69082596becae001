// Mean squared error, PSNR and SSIM, in double precision.
#include "mae/report/image_quality.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "mae/base/error.h"

namespace mae {
namespace {

/// One channel as numbers.
struct Plane {
  int64_t height = 0, width = 0;
  std::vector<double> values;
};

Plane plane_of(const Image& image, int64_t channel);
Plane product(const Plane& a, const Plane& b);
std::vector<double> gaussian_window(int64_t size, double deviation);
Plane smooth(const Plane& plane, const std::vector<double>& window);
double ssim_of_planes(const Plane& a, const Plane& b, const std::vector<double>& window,
                      double peak);
double peak_of(const Image& image) { return image.bit_depth == 16 ? 65535.0 : 255.0; }
std::string describe(const Image& image);

}  // namespace

double mean_squared_error(const Image& a, const Image& b) {
  check_same_shape(a, b);
  const int64_t count = a.height * a.width * a.channels;
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double difference = sample_of(a, i) - sample_of(b, i);
    sum += difference * difference;
  }
  return sum / static_cast<double>(count);
}

double psnr_of_mse(double mse, double peak) {
  return mse == 0 ? std::numeric_limits<double>::infinity() : 10.0 * std::log10(peak * peak / mse);
}

double psnr(const Image& a, const Image& b) {
  return psnr_of_mse(mean_squared_error(a, b), peak_of(a));
}

double ssim(const Image& a, const Image& b) {
  check_same_shape(a, b);
  const int64_t largest = std::min<int64_t>({11, a.height, a.width});
  const std::vector<double> window = gaussian_window(largest % 2 == 1 ? largest : largest - 1, 1.5);
  double sum = 0;
  for (int64_t c = 0; c < a.channels; ++c) {
    sum += ssim_of_planes(plane_of(a, c), plane_of(b, c), window, peak_of(a));
  }
  return sum / static_cast<double>(a.channels);
}

void check_same_shape(const Image& a, const Image& b) {
  if (a.height != b.height || a.width != b.width || a.channels != b.channels ||
      a.bit_depth != b.bit_depth) {
    throw UsageError("images to compare must be alike, got " + describe(a) + " and " + describe(b));
  }
  if (a.height * a.width * a.channels == 0) throw UsageError("images to compare are empty");
}

namespace {

Plane plane_of(const Image& image, int64_t channel) {
  Plane plane{image.height, image.width, std::vector<double>(image.height * image.width)};
  for (size_t i = 0; i < plane.values.size(); ++i) {
    plane.values[i] = sample_of(image, static_cast<int64_t>(i) * image.channels + channel);
  }
  return plane;
}

Plane product(const Plane& a, const Plane& b) {
  Plane out = a;
  for (size_t i = 0; i < out.values.size(); ++i) out.values[i] *= b.values[i];
  return out;
}

std::vector<double> gaussian_window(int64_t size, double deviation) {
  std::vector<double> window(size);
  double sum = 0;
  for (int64_t i = 0; i < size; ++i) {
    const double x = static_cast<double>(i - size / 2) / deviation;
    sum += window[i] = std::exp(-0.5 * x * x);
  }
  for (double& weight : window) weight /= sum;
  return window;
}

/// Weighted means under the window at every place where it lies inside: columns first, then rows.
Plane smooth(const Plane& plane, const std::vector<double>& window) {
  const auto size = static_cast<int64_t>(window.size());
  Plane tall{plane.height, plane.width - size + 1, {}};
  tall.values.resize(tall.height * tall.width);
  for (int64_t y = 0; y < tall.height; ++y) {
    for (int64_t x = 0; x < tall.width; ++x) {
      double sum = 0;
      for (int64_t k = 0; k < size; ++k) sum += window[k] * plane.values[y * plane.width + x + k];
      tall.values[y * tall.width + x] = sum;
    }
  }
  Plane out{plane.height - size + 1, tall.width, {}};
  out.values.assign(out.height * out.width, 0.0);
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t k = 0; k < size; ++k) {
      for (int64_t x = 0; x < out.width; ++x) {
        out.values[y * out.width + x] += window[k] * tall.values[(y + k) * tall.width + x];
      }
    }
  }
  return out;
}

double ssim_of_planes(const Plane& a, const Plane& b, const std::vector<double>& window,
                      double peak) {
  const double c1 = 0.01 * peak * 0.01 * peak, c2 = 0.03 * peak * 0.03 * peak;
  const Plane mean_a = smooth(a, window), mean_b = smooth(b, window);
  const Plane square_a = smooth(product(a, a), window), square_b = smooth(product(b, b), window);
  const Plane cross = smooth(product(a, b), window);
  double sum = 0;
  for (size_t i = 0; i < mean_a.values.size(); ++i) {
    const double ma = mean_a.values[i], mb = mean_b.values[i];
    const double variance_a = square_a.values[i] - ma * ma,
                 variance_b = square_b.values[i] - mb * mb;
    const double covariance = cross.values[i] - ma * mb;
    sum += (2 * ma * mb + c1) * (2 * covariance + c2) /
           ((ma * ma + mb * mb + c1) * (variance_a + variance_b + c2));
  }
  return sum / static_cast<double>(mean_a.values.size());
}

std::string describe(const Image& image) {
  return std::to_string(image.height) + " x " + std::to_string(image.width) + " x " +
         std::to_string(image.channels) + " of " + std::to_string(image.bit_depth) + " bits";
}

}  // namespace
}  // namespace mae
