// Text to words by the rules of BERT's uncased models (Devlin et al., arXiv 1810.04805): clean,
// ideographs apart, lower case without accents, punctuation apart.
#pragma once

#include <string>
#include <vector>

namespace mae {

/// A word as code points; they are counted where words of more than so many are unknown.
using Word = std::vector<char32_t>;

/// The words of UTF-8 text, in order. Lower case is by character, as in Hugging Face's tokenizers:
/// a capital sigma at the end of a word becomes the ordinary small one.
std::vector<Word> basic_tokenize(const std::string& text);

}  // namespace mae
