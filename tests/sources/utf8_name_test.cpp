#include "mae/sources/utf8_name.h"

#include <gtest/gtest.h>

namespace mae {
namespace {

TEST(Utf8Name, ValidTextStays) {
  for (const char* text :
       {"", "plain", "gr\xC3\xBC\xC3\x9F", "\xE2\x82\xAC", "\xF0\x9F\x90\x88", "a\nb"}) {
    EXPECT_EQ(utf8_name(text), text);
  }
}

TEST(Utf8Name, EveryOtherByteIsEscaped) {
  EXPECT_EQ(utf8_name("caf\xE9.png"), "caf\\xE9.png");               // Latin-1
  EXPECT_EQ(utf8_name("\xC0\x80"), "\\xC0\\x80");                    // overlong
  EXPECT_EQ(utf8_name("\xED\xA0\x80"), "\\xED\\xA0\\x80");           // surrogate
  EXPECT_EQ(utf8_name("\xF5\x80\x80\x80"), "\\xF5\\x80\\x80\\x80");  // past U+10FFFF
  EXPECT_EQ(utf8_name("\xE2\x82"), "\\xE2\\x82");                    // cut off
  EXPECT_EQ(utf8_name(std::string("a\0b", 3)), "a\\x00b");
}

}  // namespace
}  // namespace mae
