#include "mae/sources/delimited_text.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"

namespace mae {
namespace {

using Fields = std::vector<std::string>;

TEST(DelimitedText, QuotesHoldSeparatorsQuotesAndLineBreaks) {
  const auto rows = parse_delimited("a,\"b,\n\"\"c\"\"\",\r\n\n\"\",x", ',', "t");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].fields, (Fields{"a", "b,\n\"c\"", ""}));
  EXPECT_EQ(rows[1].fields, (Fields{"", "x"}));
  EXPECT_EQ(rows[1].line, 4);
}

TEST(DelimitedText, ByteOrderMarkAndCarriageReturnsAreDropped) {
  const auto rows = parse_delimited("\xEF\xBB\xBFimage\tlabel\r\nx\ty\r\n", '\t', "t");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].fields, (Fields{"image", "label"}));
  EXPECT_EQ(rows[1].fields, (Fields{"x", "y"}));
}

TEST(DelimitedText, QuotesInsideAPlainFieldAreText) {
  EXPECT_EQ(parse_delimited("5\" nail,x", ',', "t")[0].fields, (Fields{"5\" nail", "x"}));
}

TEST(DelimitedText, DamageNamesTheLine) {
  try {
    parse_delimited("a,b\n\"c\"d,e\n", ',', "t.csv");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(error.line(), "t.csv:2: text follows a closing quote");
  }
  EXPECT_THROW(parse_delimited("\"a", ',', "t"), DataError);
  EXPECT_TRUE(parse_delimited("", ',', "t").empty());
}

}  // namespace
}  // namespace mae
