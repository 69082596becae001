// Captions as word pieces on the way into a shard, with the vocabulary that says what they mean.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mae/io/shard_writer.h"
#include "mae/sources/image_source.h"
#include "mae/text/vocabulary.h"

namespace mae {

/// How captions become word pieces.
struct CaptionOptions {
  std::string vocab;         ///< vocab.txt; empty: captions stay text
  int64_t text_length = 64;  ///< T, word pieces kept of a caption; shorter ones are filled up
};

/// Writes /tokens, /token_padding and /vocabulary. A sample without a caption is all padding.
class CaptionTokens {
 public:
  /// throws UsageError  the length is out of range
  ///        DataError   the vocabulary cannot be read
  explicit CaptionTokens(const CaptionOptions& options);

  std::vector<DatasetSpec> specs() const;
  void append(const std::string& caption, ShardWriter* shard) const;
  void finish(ShardWriter* shard) const;

 private:
  Vocabulary vocabulary_;
  int64_t text_length_;
};

/// Null without a vocabulary. throws as CaptionTokens; UsageError when no sample has a caption
std::unique_ptr<const CaptionTokens> make_caption_tokens(const CaptionOptions& options,
                                                         const ImageSource& source);

}  // namespace mae
