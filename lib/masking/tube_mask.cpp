// One frame's mask, repeated.
#include "mae/masking/tube_mask.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "mae/base/error.h"

namespace mae {

int64_t tube_hidden_count(int64_t frame_patches, double mask_ratio) {
  if (!(mask_ratio >= 0 && mask_ratio < 1)) {
    throw UsageError("expected at least 0 and less than 1, got " + std::to_string(mask_ratio),
                     "--mask-ratio");
  }
  return static_cast<int64_t>(mask_ratio * static_cast<double>(frame_patches));
}

std::vector<uint8_t> tube_mask(const std::vector<float>& noise, int64_t slots, double mask_ratio) {
  const auto patches = static_cast<int64_t>(noise.size());
  const int64_t visible = patches - tube_hidden_count(patches, mask_ratio);
  std::vector<size_t> order(noise.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return noise[a] < noise[b]; });
  std::vector<uint8_t> frame(noise.size(), 1);
  for (int64_t i = 0; i < visible; ++i) frame[order[static_cast<size_t>(i)]] = 0;
  std::vector<uint8_t> mask;
  mask.reserve(noise.size() * static_cast<size_t>(slots));
  for (int64_t slot = 0; slot < slots; ++slot) mask.insert(mask.end(), frame.begin(), frame.end());
  return mask;
}

}  // namespace mae
