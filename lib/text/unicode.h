// Code points as BERT's normalizer sees them: which ones vanish, part words, stand alone, and what
// is left of the others without accents and in lower case.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mae {

/// Bytes to code points; what is no valid UTF-8 becomes U+FFFD, byte by byte.
std::vector<char32_t> decode_utf8(const std::string& bytes);
/// Appends a code point's bytes.
void append_utf8(char32_t code, std::string* bytes);

/// Control, format, private and replacement characters, and accents (category Mn).
bool is_removed(char32_t code);
/// Tabs, line ends and Unicode's spaces.
bool is_space(char32_t code);
/// Ideographs, each of which is a word of its own.
bool is_ideograph(char32_t code);
/// All of ASCII that is neither letter, digit nor space, and Unicode's categories P.
bool is_punctuation(char32_t code);
/// Appends the code point decomposed (NFD), without accents and in lower case.
void append_folded(char32_t code, std::vector<char32_t>* out);

}  // namespace mae
