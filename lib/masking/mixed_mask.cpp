// One sort of the noise.
#include "mae/masking/mixed_mask.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "mae/base/error.h"

namespace mae {

int64_t mixed_hidden_count(int64_t patches, double mask_ratio) {
  if (!(mask_ratio >= 0.0 && mask_ratio < 1.0)) {
    throw UsageError("mask ratio " + std::to_string(mask_ratio) +
                         " is out of range; expected at least 0 and less than 1",
                     "--mask-ratio");
  }
  return static_cast<int64_t>(static_cast<double>(patches) * mask_ratio);
}

std::vector<uint8_t> mixed_mask(const std::vector<float>& noise, double mask_ratio) {
  std::vector<size_t> order(noise.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return noise[a] < noise[b]; });
  std::vector<uint8_t> mask(noise.size(), 0);
  const int64_t hidden = mixed_hidden_count(static_cast<int64_t>(noise.size()), mask_ratio);
  for (int64_t i = 0; i < hidden; ++i) mask[order[static_cast<size_t>(i)]] = 1;
  return mask;
}

}  // namespace mae
