#include "mae/jobs/caption_words.h"

#include "mae/data/caption_batch.h"

namespace mae {

TextInput hidden_captions(const Inference& inference, const std::vector<int64_t>& indices,
                          double mask_ratio, uint64_t seed) {
  TextOptions options;
  options.wanted = inference.model->takes_text();
  options.mask_ratio = mask_ratio;
  options.shared_mask = false;  // so that a sample's words do not depend on its neighbours
  return read_captions(*inference.dataset, indices, /*first_id=*/0, options, seed, /*epoch=*/0);
}

std::vector<ReportWord> caption_words(const TextInput& captions, const Tensor& guesses, int64_t row,
                                      const std::vector<std::string>& pieces) {
  const int64_t T = captions.tokens.size(1);
  const int64_t* tokens = captions.tokens.data_ptr<int64_t>() + row * T;
  const int64_t* guessed = guesses.data_ptr<int64_t>() + row * T;
  const uint8_t* padding = captions.padding.data_ptr<uint8_t>() + row * T;
  const float* mask = captions.selection.mask.data_ptr<float>() + row * T;
  std::vector<ReportWord> words;
  for (int64_t t = 0; t < T; ++t) {
    if (padding[t] != 0) continue;
    ReportWord word{pieces[static_cast<size_t>(tokens[t])], mask[t] != 0, ""};
    if (word.is_hidden) word.guess = pieces[static_cast<size_t>(guessed[t])];
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace mae
