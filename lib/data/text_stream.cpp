#include "mae/data/text_stream.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>

#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/random_stream.h"
#include "mae/text/word_piece.h"

namespace mae {
namespace {

constexpr int64_t kMaxFileBytes = int64_t{8} << 30;
constexpr int64_t kMaxTextLength = 65536;

}  // namespace

TextCorpus::TextCorpus(const std::string& path, std::vector<std::string> pieces,
                       int64_t text_length)
    : text_length_(text_length) {
  if (text_length < 1 || text_length > kMaxTextLength)
    throw UsageError("expected 1 to 65536 word pieces, got " + std::to_string(text_length),
                     "--unpaired-text-length");
  const Vocabulary vocabulary(std::move(pieces), "the training set's vocabulary");
  padding_ = vocabulary.padding();
  const std::string text = read_file(path, kMaxFileBytes);
  input_ = {path, digest_of(text.data(), text.size())};
  first_.push_back(0);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::vector<int32_t> line = word_pieces(text.substr(at, end - at), vocabulary);
    at = end + 1;
    if (line.empty()) continue;
    const auto kept =
        std::min<std::ptrdiff_t>(text_length, static_cast<std::ptrdiff_t>(line.size()));
    tokens_.insert(tokens_.end(), line.begin(), line.begin() + kept);
    first_.push_back(tokens_.size());
  }
  if (size() == 0) throw DataError("holds no text; expected lines of it", path);
}

void TextCorpus::write(int64_t line, int64_t* tokens, uint8_t* padding) const {
  const auto i = static_cast<size_t>(line);
  const size_t count = first_[i + 1] - first_[i], length = static_cast<size_t>(text_length_);
  std::copy_n(tokens_.begin() + static_cast<std::ptrdiff_t>(first_[i]), count, tokens);
  std::fill(tokens + count, tokens + length, padding_);
  std::fill_n(padding, count, uint8_t{0});
  std::fill(padding + count, padding + length, uint8_t{1});
}

TextInput TextStream::rows(int64_t first, int64_t count, BatchPart part) {
  const TextCorpus& corpus = *options_.unpaired;
  const std::vector<int64_t> own = positions_of_part(count, part);
  const auto rows = static_cast<int64_t>(own.size());
  TextInput text;
  text.tokens = at::empty({rows, corpus.text_length()}, at::kLong);
  text.padding = at::empty({rows, corpus.text_length()}, at::kByte);
  std::vector<uint64_t> ids;
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t position = first + own[static_cast<size_t>(row)];
    corpus.write(line_at(position), text.tokens.data_ptr<int64_t>() + row * corpus.text_length(),
                 text.padding.data_ptr<uint8_t>() + row * corpus.text_length());
    ids.push_back(static_cast<uint64_t>(options_.shared_mask ? first : position));
  }
  text.selection = draw_word_selection(corpus.text_length(), options_.mask_ratio, seed_,
                                       "unpaired-" + options_.purpose, /*epoch=*/0, ids);
  return text;
}

int64_t TextStream::line_at(int64_t position) {
  const int64_t lines = options_.unpaired->size();
  if (position / lines != pass_) {
    pass_ = position / lines;
    order_.resize(static_cast<size_t>(lines));
    std::iota(order_.begin(), order_.end(), int64_t{0});
    RandomStream random(seed_, "text-order", static_cast<uint32_t>(pass_));
    for (size_t i = order_.size(); i > 1; --i)
      std::swap(order_[i - 1], order_[static_cast<size_t>(random.below(static_cast<int64_t>(i)))]);
  }
  return order_[static_cast<size_t>(position % lines)];
}

}  // namespace mae
