// The tables are unicode_tables.inc, made by share/setup/make-unicode-tables. Canonical reordering
// is left out: only accents have an order, and these are removed.
#include "mae/text/unicode.h"

#include <algorithm>
#include <utility>

namespace mae {
namespace {

struct CodeRange {
  char32_t first, last;
};
/// `count` code points from `first` on, `step` apart, become targets that are `target_step` apart.
struct FoldRun {
  char32_t first;
  int count, step;
  char32_t target;
  int target_step;
};
/// What becomes two or three code points; 0 stands for none.
struct Decomposition {
  char32_t code, to[3];
};

#include "unicode_tables.inc"

template <size_t kCount>
bool lies_in(const CodeRange (&ranges)[kCount], char32_t code) {
  const CodeRange* after =
      std::upper_bound(std::begin(ranges), std::end(ranges), code,
                       [](char32_t c, const CodeRange& range) { return c < range.first; });
  return after != std::begin(ranges) && code <= (after - 1)->last;
}

using Fold = std::pair<char32_t, char32_t>;

/// Runs overlap where capitals alternate with small letters, so that they are spread out once.
std::vector<Fold> spread_folds() {
  std::vector<Fold> folds;
  for (const FoldRun& run : kFolds) {
    for (int i = 0; i < run.count; ++i)
      folds.emplace_back(run.first + static_cast<char32_t>(i * run.step),
                         run.target + static_cast<char32_t>(i * run.target_step));
  }
  std::sort(folds.begin(), folds.end());
  return folds;
}

/// Syllables of Hangul are decomposed by a formula (Unicode, section 3.12).
bool append_hangul(char32_t code, std::vector<char32_t>* out) {
  constexpr char32_t kFirst = 0xAC00, kCount = 11172, kVowels = 21, kFinals = 28;
  if (code < kFirst || code >= kFirst + kCount) return false;
  const char32_t index = code - kFirst;
  out->push_back(0x1100 + index / (kVowels * kFinals));
  out->push_back(0x1161 + index % (kVowels * kFinals) / kFinals);
  if (index % kFinals != 0) out->push_back(0x11A7 + index % kFinals);
  return true;
}

/// Bytes of the sequence that begins at `at`, 0 where none does, and its code point.
size_t read_sequence(const std::string& bytes, size_t at, char32_t* code) {
  const auto lead = static_cast<uint8_t>(bytes[at]);
  if (lead < 0x80) {
    *code = lead;
    return 1;
  }
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
  if (length == 0 || at + length > bytes.size()) return 0;
  *code = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[at + i]);
    if ((byte & 0xC0) != 0x80) return 0;
    *code = *code << 6 | (byte & 0x3F);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = *code >= 0xD800 && *code <= 0xDFFF;
  return *code < kSmallest[length] || *code > 0x10FFFF || surrogate ? 0 : length;
}

}  // namespace

std::vector<char32_t> decode_utf8(const std::string& bytes) {
  std::vector<char32_t> codes;
  for (size_t at = 0; at < bytes.size();) {
    char32_t code = 0;
    const size_t length = read_sequence(bytes, at, &code);
    codes.push_back(length > 0 ? code : U'\xFFFD');
    at += std::max<size_t>(1, length);
  }
  return codes;
}

void append_utf8(char32_t code, std::string* bytes) {
  const auto put = [&](char32_t byte) { bytes->push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

bool is_removed(char32_t code) { return lies_in(kRemoved, code); }
bool is_space(char32_t code) { return lies_in(kSpaces, code); }
bool is_ideograph(char32_t code) { return lies_in(kIdeographs, code); }
bool is_punctuation(char32_t code) { return lies_in(kPunctuation, code); }

void append_folded(char32_t code, std::vector<char32_t>* out) {
  if (append_hangul(code, out)) return;
  static const std::vector<Fold> folds = spread_folds();
  const auto fold = std::lower_bound(folds.begin(), folds.end(), Fold{code, 0});
  if (fold != folds.end() && fold->first == code) return out->push_back(fold->second);
  const Decomposition* found =
      std::lower_bound(std::begin(kDecompositions), std::end(kDecompositions), code,
                       [](const Decomposition& d, char32_t c) { return d.code < c; });
  if (found == std::end(kDecompositions) || found->code != code) return out->push_back(code);
  for (const char32_t part : found->to) {
    if (part != 0) out->push_back(part);
  }
}

}  // namespace mae
