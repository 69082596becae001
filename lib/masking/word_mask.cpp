#include "mae/masking/word_mask.h"

#include <ATen/ops/empty.h>

#include <algorithm>

#include "mae/base/error.h"
#include "mae/base/random_stream.h"
#include "mae/masking/mask_strategy.h"

namespace mae {

PatchSelection draw_word_selection(int64_t text_length, double mask_ratio, uint64_t seed,
                                   const std::string& purpose, uint32_t epoch,
                                   const std::vector<uint64_t>& sample_ids) {
  if (!(mask_ratio >= 0 && mask_ratio < 1))
    throw UsageError("expected at least 0 and less than 1, got " + std::to_string(mask_ratio),
                     "--text-mask-ratio");
  if (static_cast<double>(text_length) * (1 - mask_ratio) < 1)
    throw UsageError("leaves none of " + std::to_string(text_length) + " words visible",
                     "--text-mask-ratio", "choose a smaller ratio");
  const Tensor noise =
      at::empty({static_cast<int64_t>(sample_ids.size()), text_length}, at::kFloat);  // [B, T]
  auto* row = noise.data_ptr<float>();
  for (const uint64_t id : sample_ids) {
    RandomStream random(seed, purpose, epoch, id);
    const std::vector<float> values = mask_noise(text_length, random);
    row = std::copy(values.begin(), values.end(), row);
  }
  return random_masking(noise, mask_ratio);
}

}  // namespace mae
