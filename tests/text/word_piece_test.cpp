#include "mae/text/word_piece.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace mae {
namespace {

const Vocabulary& small() {
  static const Vocabulary vocabulary(
      {"[PAD]", "[UNK]", "[MASK]", "a", "dog", "##s", "##gy", "un", "##aff", "##able", "[", "]"},
      "test");
  return vocabulary;
}

using Ids = std::vector<int32_t>;

TEST(WordPiece, TheLongestPieceWins) {
  EXPECT_EQ(word_pieces("A doggy dogs unaffable", small()), (Ids{3, 4, 6, 4, 5, 7, 8, 9}));
}

TEST(WordPiece, WordsThatCannotBeSpeltAreUnknown) {
  EXPECT_EQ(word_pieces("dogx a", small()), (Ids{1, 3}));
}

TEST(WordPiece, SpecialPiecesAreReadWhereTheVocabularyHasThem) {
  EXPECT_EQ(word_pieces("a[MASK]dog [CLS]", small()), (Ids{3, 2, 4, 10, 1, 11}));
}

TEST(WordPiece, RowsAreCutOrPadded) {
  const TokenRow row = token_row("a dog", small(), 4);
  EXPECT_EQ(row.tokens, (Ids{3, 4, 0, 0}));
  EXPECT_EQ(row.padding, (std::vector<uint8_t>{0, 0, 1, 1}));
  const TokenRow cut = token_row("a a a dog", small(), 2);
  EXPECT_EQ(cut.tokens, (Ids{3, 3}));
  EXPECT_EQ(cut.padding, (std::vector<uint8_t>{0, 0}));
  EXPECT_EQ(token_row("", small(), 2).padding, (std::vector<uint8_t>{1, 1}));
}

TEST(WordPiece, ReadableTextJoinsPieces) {
  EXPECT_EQ(readable_text({"a", "un", "##aff", "##able", "dog", "[PAD]"}), "a unaffable dog");
  EXPECT_EQ(readable_text({}), "");
}

// 2,500 lines of accents, ideographs, punctuation, emoji and control characters.
TEST(WordPiece, EqualsBertTokenizer) {
  const std::string folder = std::string(MAE_TESTS_DIR) + "/golden/word_pieces";
  const Vocabulary vocabulary = read_vocabulary(folder + "/vocab.txt");
  std::ifstream lines(folder + "/expected.jsonl");
  std::string line;
  int compared = 0, unknown = 0;
  while (std::getline(lines, line)) {
    const nlohmann::json row = nlohmann::json::parse(line);
    const Ids ids = word_pieces(row[0].get<std::string>(), vocabulary);
    ASSERT_EQ(ids, row[1].get<Ids>()) << line;
    unknown += static_cast<int>(std::count(ids.begin(), ids.end(), vocabulary.unknown()));
    ++compared;
  }
  EXPECT_EQ(compared, 2500);
  EXPECT_GT(unknown, 100);
}

}  // namespace
}  // namespace mae
