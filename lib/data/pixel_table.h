// Normalised value of every pixel value: (v / max - mean) / std in float32, exactly as ToTensor and
// Normalize compute it. Private to data.
#pragma once

#include <vector>

#include "mae/data/sample_dataset.h"

namespace mae {

class PixelTable {
 public:
  /// throws UsageError  stats are not one mean and one positive deviation a channel
  PixelTable(const PixelStats& stats, int64_t channels, int bit_depth);
  /// Writes a picture as planes [C, H, W]. Its channels and bit depth must be the table's.
  void write(const Image& image, float* out) const;
  const std::vector<float>& values() const { return values_; }  ///< [C, 256] or [C, 65536]

 private:
  int64_t channels_;
  int bit_depth_;
  std::vector<float> values_;
};

}  // namespace mae
