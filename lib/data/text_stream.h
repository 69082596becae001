// Text that belongs to no picture: lines of a file, a few beside every batch (M3AE's unpaired text;
// spec 8.4).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mae/base/provenance.h"
#include "mae/data/batch_part.h"
#include "mae/masking/word_mask.h"

namespace mae {

/// Lines of a file as word pieces. Only the pieces are kept.
class TextCorpus {
 public:
  /// pieces  the vocabulary that the captions of the training set were cut with
  /// throws DataError  missing, unreadable, or without a line of text
  ///        UsageError the length is out of range
  TextCorpus(const std::string& path, std::vector<std::string> pieces, int64_t text_length);

  int64_t size() const { return static_cast<int64_t>(first_.size()) - 1; }
  int64_t text_length() const { return text_length_; }
  const Provenance::Input& input() const { return input_; }
  /// Writes one line's pieces, filled up with padding, into rows of a batch.
  void write(int64_t line, int64_t* tokens, uint8_t* padding) const;

 private:
  int64_t text_length_;
  int32_t padding_ = 0;
  Provenance::Input input_;
  std::vector<int32_t> tokens_;  // of all lines
  std::vector<size_t> first_;    // where each line begins, and the end
};

/// How words are hidden, and what text comes with batches.
struct TextOptions {
  bool wanted = false;                         ///< whether the model reads captions at all
  double mask_ratio = 0.75;                    ///< share of hidden words (draw_word_selection)
  bool shared_mask = true;                     ///< one mask for all of a batch, as published
  std::string purpose = "text-mask";           ///< name of the masks' random stream
  std::shared_ptr<const TextCorpus> unpaired;  ///< may be null
};

/// Which lines fall to which batch: all in a fresh order, then all in the next one, wherever epochs
/// of pictures end. What a batch gets depends on seed and position alone.
class TextStream {
 public:
  TextStream(const TextOptions& options, uint64_t seed) : options_(options), seed_(seed) {}
  /// Lines first ... first + count - 1 of the stream, those of this process's part.
  TextInput rows(int64_t first, int64_t count, BatchPart part);

 private:
  int64_t line_at(int64_t position);

  TextOptions options_;
  uint64_t seed_;
  int64_t pass_ = -1;
  std::vector<int64_t> order_;  // of the pass
};

}  // namespace mae
