#include "mae/text/basic_tokenizer.h"

#include <gtest/gtest.h>

#include "mae/text/unicode.h"

namespace mae {
namespace {

std::string words_of(const std::string& text) {
  std::string joined;
  for (const Word& word : basic_tokenize(text)) {
    if (!joined.empty()) joined += '|';
    for (const char32_t code : word) append_utf8(code, &joined);
  }
  return joined;
}

TEST(BasicTokenizer, SplitsAtSpacesAndPunctuation) {
  EXPECT_EQ(words_of(""), "");
  EXPECT_EQ(words_of(" \t\r\n"), "");
  EXPECT_EQ(words_of("A photo, of a dog!"), "a|photo|,|of|a|dog|!");
  EXPECT_EQ(words_of("it's x86_64"), "it|'|s|x86|_|64");
  EXPECT_EQ(words_of("a\xC2\xA0"
                     "b\xE3\x80\x80"
                     "c"),
            "a|b|c");
}

TEST(BasicTokenizer, LowersAndStripsAccents) {
  EXPECT_EQ(words_of("Ångström ÉMILE naïve"), "angstrom|emile|naive");
  EXPECT_EQ(words_of("e\xCC\x81"), "e");
  EXPECT_EQ(words_of("Ёлка"), "елка");
  EXPECT_EQ(words_of("한"), "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB");  // its three letters
}

TEST(BasicTokenizer, IdeographsStandAlone) {
  EXPECT_EQ(words_of("ab漢字cd"), "ab|漢|字|cd");
  EXPECT_EQ(words_of("ひらカタ"), "ひらカタ");
}

TEST(BasicTokenizer, ControlCharactersVanish) {
  EXPECT_EQ(words_of(std::string("a\0b\x01"
                                 "c\xEF\xBF\xBD"
                                 "d",
                                 9)),
            "abcd");
  EXPECT_EQ(words_of("a\xE2\x80\x8B"
                     "b"),
            "ab");  // no space, though it is called one
}

TEST(BasicTokenizer, BrokenUtf8IsRemovedByteByByte) {
  EXPECT_EQ(words_of("a\xFF\xC3"
                     "b"),
            "ab");
  EXPECT_EQ(words_of("\xED\xA0\x80x"), "x");  // a surrogate
  EXPECT_EQ(words_of("\xC0\xAFx"), "x");      // overlong
  EXPECT_EQ(words_of("x\xF0\x9F\x98"), "x");  // cut
}

TEST(Unicode, EveryCodePointSurvivesTheWayThroughBytes) {
  for (char32_t code = 0; code < 0x110000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string bytes;
    append_utf8(code, &bytes);
    ASSERT_EQ(decode_utf8(bytes), std::vector<char32_t>{code});
  }
}

}  // namespace
}  // namespace mae
