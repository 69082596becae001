// Words of captions and which of them are hidden: the text beside a batch's pictures (M3AE, arXiv
// 2205.14204, section 3).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mae/masking/patch_selection.h"

namespace mae {

/// The captions of a batch, or text alone. tokens undefined: there is none.
struct TextInput {
  Tensor tokens;             ///< [B, T] int64
  Tensor padding;            ///< [B, T], non-zero = padding
  PatchSelection selection;  ///< of the T words
};

/// Masks of words: the kept count is floor(T * (1 - mask_ratio)) of all positions, padding among
/// them, as published. Row b uses the stream (seed, purpose, epoch, sample_ids[b]); equal ids give
/// equal masks, so that a batch shares one where all are its first.
/// throws UsageError  a ratio out of range, or one that keeps no word
PatchSelection draw_word_selection(int64_t text_length, double mask_ratio, uint64_t seed,
                                   const std::string& purpose, uint32_t epoch,
                                   const std::vector<uint64_t>& sample_ids);

}  // namespace mae
