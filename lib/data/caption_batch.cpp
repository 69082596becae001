#include "mae/data/caption_batch.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace mae {

TextInput read_captions(const SampleDataset& dataset, const std::vector<int64_t>& indices,
                        uint64_t first_id, const TextOptions& options, uint64_t seed,
                        uint32_t epoch) {
  const TextInfo* info = options.wanted ? dataset.text_info() : nullptr;
  if (!info) return {};
  const auto rows = static_cast<int64_t>(indices.size());
  TextInput text;
  text.tokens = at::empty({rows, info->text_length}, at::kLong);
  text.padding = at::empty({rows, info->text_length}, at::kByte);
  auto* tokens = text.tokens.data_ptr<int64_t>();
  auto* padding = text.padding.data_ptr<uint8_t>();
  std::vector<uint64_t> ids;
  for (const int64_t index : indices) {
    const TokenRow row = dataset.text(index);
    tokens = std::copy(row.tokens.begin(), row.tokens.end(), tokens);
    padding = std::copy(row.padding.begin(), row.padding.end(), padding);
    ids.push_back(options.shared_mask ? first_id : dataset.id(index));
  }
  text.selection =
      draw_word_selection(info->text_length, options.mask_ratio, seed, options.purpose, epoch, ids);
  return text;
}

}  // namespace mae
