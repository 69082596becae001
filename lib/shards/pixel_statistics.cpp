#include "mae/shards/pixel_statistics.h"

#include <algorithm>
#include <cmath>

namespace mae {
namespace {

template <typename Sample>
PixelSums sums_of(const Sample* samples, int64_t pixels, int64_t channels) {
  PixelSums sums;
  sums.pixels = pixels;
  sums.sum.assign(static_cast<size_t>(channels), 0);
  sums.sum_of_squares.assign(static_cast<size_t>(channels), 0);
  for (int64_t i = 0; i < pixels; ++i, samples += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const uint64_t v = samples[c];
      sums.sum[c] += v;
      sums.sum_of_squares[c] += v * v;
    }
  }
  return sums;
}

}  // namespace

PixelSums pixel_sums(const Image& image) {
  const int64_t pixels = image.height * image.width;
  if (image.bit_depth == 16) return sums_of(image.samples16(), pixels, image.channels);
  return sums_of(image.bytes.data(), pixels, image.channels);
}

void PixelStatistics::add(const PixelSums& sums) {
  sum_.resize(sums.sum.size());
  sum_of_squares_.resize(sums.sum.size());
  pixels_ += static_cast<double>(sums.pixels);
  for (size_t c = 0; c < sums.sum.size(); ++c) {
    sum_[c] += static_cast<double>(sums.sum[c]);
    sum_of_squares_[c] += static_cast<double>(sums.sum_of_squares[c]);
  }
}

PixelMoments PixelStatistics::moments(int bit_depth) const {
  const double largest = bit_depth == 16 ? 65535.0 : 255.0;
  PixelMoments moments;
  for (size_t c = 0; c < sum_.size(); ++c) {
    const double mean = sum_[c] / pixels_;
    const double variance = std::max(0.0, sum_of_squares_[c] / pixels_ - mean * mean);
    moments.mean.push_back(mean / largest);
    moments.std.push_back(variance > 0 ? std::sqrt(variance) / largest : 1.0);
  }
  return moments;
}

}  // namespace mae
