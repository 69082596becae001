#include "mae/text/basic_tokenizer.h"

#include "mae/text/unicode.h"

namespace mae {

std::vector<Word> basic_tokenize(const std::string& text) {
  std::vector<Word> words;
  Word word;
  const auto finish = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  Word folded;
  for (const char32_t code : decode_utf8(text)) {
    if (is_removed(code)) continue;
    const bool alone = is_ideograph(code);
    if (alone || is_space(code)) finish();
    if (is_space(code)) continue;
    folded.clear();
    append_folded(code, &folded);
    for (const char32_t part : folded) {  // some decompose to punctuation: the Greek question mark
      const bool apart = is_punctuation(part);
      if (apart) finish();
      word.push_back(part);
      if (apart) finish();
    }
    if (alone) finish();
  }
  finish();
  return words;
}

}  // namespace mae
