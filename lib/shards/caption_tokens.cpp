#include "mae/shards/caption_tokens.h"

#include "mae/base/error.h"
#include "mae/text/word_piece.h"

namespace mae {
namespace {

constexpr int64_t kMaxTextLength = 65536;

int64_t checked_length(int64_t text_length) {
  if (text_length >= 1 && text_length <= kMaxTextLength) return text_length;
  throw UsageError("expected 1 to 65536 word pieces, got " + std::to_string(text_length),
                   "--text-length");
}

}  // namespace

CaptionTokens::CaptionTokens(const CaptionOptions& options)
    : vocabulary_(read_vocabulary(options.vocab)),
      text_length_(checked_length(options.text_length)) {}

std::vector<DatasetSpec> CaptionTokens::specs() const {
  DatasetSpec tokens;
  tokens.name = "tokens";
  tokens.type = ElementType::kInt32;
  tokens.sample_shape = {text_length_};
  tokens.dimensions = {"token"};
  tokens.attributes = {{"vocabulary_size", vocabulary_.size()},
                       {"vocabulary_digest", vocabulary_.digest()}};
  DatasetSpec padding;
  padding.name = "token_padding";
  padding.type = ElementType::kUint8;
  padding.sample_shape = {text_length_};
  padding.dimensions = {"token"};
  return {tokens, padding};
}

void CaptionTokens::append(const std::string& caption, ShardWriter* shard) const {
  const TokenRow row = token_row(caption, vocabulary_, text_length_);
  shard->append("tokens", row.tokens.data(), 1);
  shard->append("token_padding", row.padding.data(), 1);
}

void CaptionTokens::finish(ShardWriter* shard) const {
  shard->write_text("vocabulary", vocabulary_.pieces());
}

std::unique_ptr<const CaptionTokens> make_caption_tokens(const CaptionOptions& options,
                                                         const ImageSource& source) {
  if (options.vocab.empty()) return nullptr;
  auto tokens = std::make_unique<const CaptionTokens>(options);
  if (!source.has_captions())
    throw UsageError("the input has no captions to cut into word pieces", "--vocab",
                     "give a table with a caption column, or an archive with KEY.txt beside "
                     "KEY.jpg");
  return tokens;
}

}  // namespace mae
