// The word pieces a text model knows, out of a vocab.txt: one a line, its id the line's number from
// 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mae {

class Vocabulary {
 public:
  /// pieces in the order of their ids; `where` is for errors.
  /// throws DataError  a piece is empty or stands twice, [PAD] or [UNK] is missing
  Vocabulary(std::vector<std::string> pieces, const std::string& where);

  int64_t size() const { return static_cast<int64_t>(pieces_.size()); }
  const std::vector<std::string>& pieces() const { return pieces_; }
  const std::string& piece(int64_t id) const { return pieces_[static_cast<size_t>(id)]; }
  std::optional<int32_t> find(const std::string& piece) const;
  int32_t padding() const { return padding_; }  ///< id of [PAD]
  int32_t unknown() const { return unknown_; }  ///< id of [UNK]
  /// Of all pieces in order: equal digests, equal ids.
  std::string digest() const;

 private:
  std::vector<std::string> pieces_;
  std::unordered_map<std::string, int32_t> ids_;
  int32_t padding_ = 0, unknown_ = 0;
};

/// Reads a vocab.txt. throws DataError  missing, too large, or as Vocabulary
Vocabulary read_vocabulary(const std::string& path);

/// The digest that Vocabulary::digest() would give these pieces.
std::string vocabulary_digest(const std::vector<std::string>& pieces);

}  // namespace mae
