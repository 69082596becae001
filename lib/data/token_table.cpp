#include "mae/data/token_table.h"

#include <algorithm>

#include "mae/base/error.h"
#include "mae/base/log.h"

namespace mae {
namespace {

constexpr const char* kAgain = "make all shards in one run of mae-patchify --vocab";

std::optional<TextInfo> read_info(const ShardReader& shard) {
  if (!shard.has("tokens")) return std::nullopt;
  if (!shard.has("vocabulary")) {
    log_warning(shard.path() + ": has /tokens but no /vocabulary; its captions are passed over");
    return std::nullopt;
  }
  const DatasetInfo &tokens = shard.info("tokens"), &padding = shard.info("token_padding");
  const bool fits = tokens.type == ElementType::kInt32 && padding.type == ElementType::kUint8 &&
                    tokens.shape.size() == 2 && tokens.shape == padding.shape &&
                    tokens.shape[0] == shard.samples();
  if (!fits)
    throw DataError("/tokens is " + element_name(tokens.type) + " " + shape_text(tokens.shape) +
                        ", /token_padding " + element_name(padding.type) + " " +
                        shape_text(padding.shape) +
                        "; expected int32 and uint8 of one shape, samples by word pieces",
                    shard.path(), kAgain);
  return TextInfo{tokens.shape[1], shard.read_text("vocabulary")};
}

}  // namespace

void TokenTable::add(const ShardReader& shard, int64_t samples) {
  std::optional<TextInfo> found = read_info(shard);
  if (parts_.empty())
    info_ = std::move(found);
  else if (found.has_value() != info_.has_value())
    throw DataError(found ? "has word pieces, which the first shard has not"
                          : "has no word pieces, which the first shard has",
                    shard.path(), kAgain);
  else if (found && (found->text_length != info_->text_length || found->pieces != info_->pieces))
    throw DataError("length or vocabulary of captions differ from the first shard's", shard.path(),
                    kAgain);
  parts_.push_back({&shard, samples});
}

TokenRow TokenTable::row(int64_t index) const {
  std::call_once(loaded_, [&] { load(); });
  const int64_t T = info_->text_length;
  const auto first = static_cast<std::ptrdiff_t>(index * T);
  TokenRow row;
  row.tokens.assign(tokens_.begin() + first, tokens_.begin() + first + T);
  row.padding.assign(padding_.begin() + first, padding_.begin() + first + T);
  return row;
}

void TokenTable::load() const {
  const auto pieces = static_cast<int64_t>(info_->pieces.size());
  for (const Part& part : parts_) {
    const auto tokens = part.shard->read<int32_t>("tokens", 0, part.samples);
    const auto bad = std::find_if(tokens.begin(), tokens.end(),
                                  [&](int32_t id) { return id < 0 || id >= pieces; });
    if (bad != tokens.end())
      throw DataError("row " + std::to_string((bad - tokens.begin()) / info_->text_length) +
                          " has token " + std::to_string(*bad) + "; the vocabulary has " +
                          std::to_string(pieces),
                      part.shard->path() + ":/tokens");
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
    const auto padding = part.shard->read<uint8_t>("token_padding", 0, part.samples);
    padding_.insert(padding_.end(), padding.begin(), padding.end());
  }
}

}  // namespace mae
