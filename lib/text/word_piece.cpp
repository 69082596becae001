#include "mae/text/word_piece.h"

#include <algorithm>
#include <array>

#include "mae/base/text.h"
#include "mae/text/basic_tokenizer.h"
#include "mae/text/unicode.h"

namespace mae {
namespace {

constexpr size_t kMaxWordCharacters = 100;
constexpr const char* kContinued = "##";
constexpr std::array<const char*, 5> kSpecial = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

void append_word(const Word& word, const Vocabulary& vocabulary, std::vector<int32_t>* ids) {
  const size_t before = ids->size();
  if (word.size() > kMaxWordCharacters) return ids->push_back(vocabulary.unknown());
  for (size_t first = 0; first < word.size();) {
    std::string piece = first > 0 ? kContinued : "";
    std::vector<size_t> ends;  // bytes of the piece with 1, 2, ... characters
    for (size_t i = first; i < word.size(); ++i) {
      append_utf8(word[i], &piece);
      ends.push_back(piece.size());
    }
    size_t length = ends.size();
    std::optional<int32_t> id;
    for (; length > 0 && !id; --length) {
      piece.resize(ends[length - 1]);
      id = vocabulary.find(piece);
    }
    if (!id) {
      ids->resize(before);
      return ids->push_back(vocabulary.unknown());
    }
    ids->push_back(*id);
    first += length + 1;  // the loop counted one down after it found the piece
  }
}

void append_plain(const std::string& text, const Vocabulary& vocabulary,
                  std::vector<int32_t>* ids) {
  for (const Word& word : basic_tokenize(text)) append_word(word, vocabulary, ids);
}

}  // namespace

std::vector<int32_t> word_pieces(const std::string& text, const Vocabulary& vocabulary) {
  std::vector<int32_t> ids;
  size_t done = 0;
  for (size_t at = text.find('['); at != std::string::npos; at = text.find('[', at)) {
    const auto special = std::find_if(kSpecial.begin(), kSpecial.end(), [&](const char* name) {
      return text.compare(at, std::char_traits<char>::length(name), name) == 0;
    });
    const auto id = special == kSpecial.end() ? std::nullopt : vocabulary.find(*special);
    if (!id) {
      ++at;
      continue;
    }
    append_plain(text.substr(done, at - done), vocabulary, &ids);
    ids.push_back(*id);
    at += std::char_traits<char>::length(*special);
    done = at;
  }
  append_plain(text.substr(done), vocabulary, &ids);
  return ids;
}

TokenRow token_row(const std::string& text, const Vocabulary& vocabulary, int64_t text_length) {
  TokenRow row;
  row.tokens = word_pieces(text, vocabulary);
  const auto length = static_cast<size_t>(text_length);
  row.padding.assign(length, 1);
  std::fill_n(row.padding.begin(), std::min(row.tokens.size(), length), uint8_t{0});
  row.tokens.resize(length, vocabulary.padding());
  return row;
}

std::string readable_text(const std::vector<std::string>& pieces) {
  std::string text;
  for (const std::string& piece : pieces) {
    if (piece == kSpecial[0]) continue;
    const bool joined = starts_with(piece, kContinued) && !text.empty();
    if (!joined && !text.empty()) text += ' ';
    text += joined ? piece.substr(2) : piece;
  }
  return text;
}

}  // namespace mae
