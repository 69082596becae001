// Hostile text cannot leave its place; base64 follows RFC 4648.
#include "mae/report/escape.h"

#include <gtest/gtest.h>

namespace mae {
namespace {

TEST(EscapeHtml, NeutralisesMarkup) {
  EXPECT_EQ(escape_html("<script>alert('1' & \"2\")</script>"),
            "&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)&lt;/script&gt;");
}

TEST(EscapeHtml, KeepsValidUtf8) {
  EXPECT_EQ(escape_html("Kätzchen 猫 🐈.jpg"), "Kätzchen 猫 🐈.jpg");
}

TEST(EscapeHtml, ShowsBadBytesInHexadecimal) {
  EXPECT_EQ(escape_html("a\xff"), "a\\xff");
  EXPECT_EQ(escape_html("\xc3"), "\\xc3") << "cut in the middle of a character";
  EXPECT_EQ(escape_html("\xc3<"), "\\xc3&lt;") << "a lead byte must not swallow the bracket";
  EXPECT_EQ(escape_html("\xc0\xbc"), "\\xc0\\xbc") << "overlong form of <";
  EXPECT_EQ(escape_html("\xe0\x80\xbc"), "\\xe0\\x80\\xbc");
  EXPECT_EQ(escape_html("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(escape_html("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "past U+10FFFF";
}

TEST(EscapeHtml, ShowsInvisibleCharacters) {
  EXPECT_EQ(escape_html(std::string_view("a\0b\n\x1b[31m\x7f", 10)), "a\\x00b\\x0a\\x1b[31m\\x7f");
  EXPECT_EQ(escape_html("gpj.\u202Eexe"), "gpj.\\xe2\\x80\\xaeexe") << "right-to-left override";
  EXPECT_EQ(escape_html("\u0085"), "\\xc2\\x85");
}

TEST(Base64, AgreesWithTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xfb\xff\xfe"), "+//+");
}

}  // namespace
}  // namespace mae
