// Words to pieces of a vocabulary: the longest that fits first, "##" before all but the first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mae/text/vocabulary.h"

namespace mae {

/// Ids of a text's word pieces, without [CLS] and [SEP] around them, as M3AE is trained (spec 8.5).
/// A word of more than 100 characters, or one that the vocabulary cannot spell, is [UNK]. [PAD],
/// [UNK], [CLS], [SEP] and [MASK], written so in the text, are these pieces, where the vocabulary
/// has them; both as transformers.BertTokenizer does.
std::vector<int32_t> word_pieces(const std::string& text, const Vocabulary& vocabulary);

/// A caption brought to one length.
struct TokenRow {
  std::vector<int32_t> tokens;   ///< [T], cut or filled up with [PAD]
  std::vector<uint8_t> padding;  ///< [T], 1 = padding
};
TokenRow token_row(const std::string& text, const Vocabulary& vocabulary, int64_t text_length);

/// Pieces as a person reads them: "##" joins one to the piece before, [PAD] is left out.
std::string readable_text(const std::vector<std::string>& pieces);

}  // namespace mae
