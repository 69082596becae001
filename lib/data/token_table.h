// Captions of shards as word pieces, read when the first one is asked for. Private to data.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mae/io/shard_reader.h"
#include "mae/text/word_piece.h"

namespace mae {

/// What a dataset's captions are made of.
struct TextInfo {
  int64_t text_length = 0;          ///< T
  std::vector<std::string> pieces;  ///< what a token stands for
};

class TokenTable {
 public:
  /// Adds the first `samples` rows of a shard, which must outlive this and be added in order.
  /// throws DataError  shapes or types are wrong, or length and vocabulary differ from the first
  ///                   shard's, or one of them alone has tokens
  void add(const ShardReader& shard, int64_t samples);
  const TextInfo* info() const { return info_ ? &*info_ : nullptr; }
  /// Safe to call from several threads. throws DataError  damaged, or a token that is no piece
  TokenRow row(int64_t index) const;

 private:
  struct Part {
    const ShardReader* shard;
    int64_t samples;
  };
  void load() const;

  std::optional<TextInfo> info_;
  std::vector<Part> parts_;
  mutable std::once_flag loaded_;
  mutable std::vector<int32_t> tokens_;   // [N, T]
  mutable std::vector<uint8_t> padding_;  // [N, T]
};

}  // namespace mae
