// Mean and deviation of each channel over all pixels of a set, the same whatever the order of work.
#pragma once

#include <cstdint>
#include <vector>

#include "mae/media/image.h"

namespace mae {

/// Sums over the pixels of one picture; whole numbers, so that they are exact.
struct PixelSums {
  int64_t pixels = 0;
  std::vector<uint64_t> sum, sum_of_squares;  ///< one a channel
};

PixelSums pixel_sums(const Image& image);

/// What --mean and --std mean: one number a channel, in units of [0, 1].
struct PixelMoments {
  std::vector<double> mean, std;
};

class PixelStatistics {
 public:
  void add(const PixelSums& sums);
  /// The deviation is the one of the population. A constant channel gets deviation 1, so that
  /// dividing by it does nothing.
  PixelMoments moments(int bit_depth) const;

 private:
  double pixels_ = 0;
  std::vector<double> sum_, sum_of_squares_;
};

}  // namespace mae
