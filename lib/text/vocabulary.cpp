#include "mae/text/vocabulary.h"

#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "mae/base/input_file.h"

namespace mae {
namespace {

constexpr int64_t kMaxFileBytes = int64_t{64} << 20;
constexpr size_t kMaxPieces = size_t{1} << 24;  // as many as a model may have (m3ae_options.cpp)
constexpr size_t kMaxPieceBytes = 1024;

std::string line_of(const std::string& where, size_t index) {
  return where + ":" + std::to_string(index + 1);
}

}  // namespace

Vocabulary::Vocabulary(std::vector<std::string> pieces, const std::string& where)
    : pieces_(std::move(pieces)) {
  if (pieces_.size() > kMaxPieces)
    throw DataError("the vocabulary has more than 16777216 pieces", where);
  for (size_t i = 0; i < pieces_.size(); ++i) {
    if (pieces_[i].empty())
      throw DataError("the line is empty; expected a word piece", line_of(where, i),
                      "ids are the numbers of lines: an empty one cannot be left out");
    if (pieces_[i].size() > kMaxPieceBytes)
      throw DataError("the word piece is longer than 1024 bytes", line_of(where, i),
                      "a vocabulary has one word piece a line");
    const auto [first, added] = ids_.emplace(pieces_[i], static_cast<int32_t>(i));
    if (!added)
      throw DataError(
          "'" + pieces_[i] + "' stands in line " + std::to_string(first->second + 1) + " already",
          line_of(where, i), "every word piece has one id");
  }
  for (const auto& [name, id] : {std::pair("[PAD]", &padding_), std::pair("[UNK]", &unknown_)}) {
    const auto found = find(name);
    if (!found)
      throw DataError(std::string("the vocabulary has no ") + name, where,
                      "give the vocab.txt of a BERT model");
    *id = *found;
  }
}

std::optional<int32_t> Vocabulary::find(const std::string& piece) const {
  const auto found = ids_.find(piece);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

std::string Vocabulary::digest() const { return vocabulary_digest(pieces_); }

std::string vocabulary_digest(const std::vector<std::string>& pieces) {
  Digest digest;
  for (const std::string& piece : pieces) {
    digest.update(piece.data(), piece.size());
    digest.update("\n", 1);
  }
  return digest.text();
}

Vocabulary read_vocabulary(const std::string& path) {
  const std::string bytes = read_file(path, kMaxFileBytes);
  if (bytes.find('\0') != std::string::npos)
    throw DataError("holds zero bytes; expected text, one word piece a line", path);
  std::vector<std::string> pieces;
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', at), bytes.size());
    std::string piece = bytes.substr(at, end - at);
    if (!piece.empty() && piece.back() == '\r') piece.pop_back();
    pieces.push_back(std::move(piece));
    at = end + 1;
  }
  return Vocabulary(std::move(pieces), path);
}

}  // namespace mae
