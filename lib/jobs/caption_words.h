// The words of captions beside a reconstruction: which are hidden, and what the model guesses.
#pragma once

#include <string>
#include <vector>

#include "mae/jobs/inference.h"
#include "mae/masking/word_mask.h"
#include "mae/report/html_report.h"

namespace mae {

/// Captions of a batch with words hidden, from the stream (seed, "text-mask", 0, sample). Nothing
/// where the model reads none or the data have none.
/// throws UsageError  the ratio is out of range
TextInput hidden_captions(const Inference& inference, const std::vector<int64_t>& indices,
                          double mask_ratio, uint64_t seed);

/// One sample's words without its padding.
/// guesses  [B, T] int64: the likeliest piece of each position
std::vector<ReportWord> caption_words(const TextInput& captions, const Tensor& guesses, int64_t row,
                                      const std::vector<std::string>& pieces);

}  // namespace mae
