#include "mae/cli/toml.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"

namespace mae::cli {
namespace {

std::string where_of_failure(const std::string& text) {
  try {
    parse_toml(text, "run.toml");
  } catch (const UsageError& error) {
    return error.where() + ": " + error.what();
  }
  return "accepted";
}

TEST(ParseToml, ReadsTablesValuesAndArrays) {
  const auto entries = parse_toml(
      "# recipe\n"
      "mask-ratio = 0.75   # share\r\n"
      "\n"
      "name = \"a # b \\\"c\\\" \\\\ \\u00e9\"\n"
      "path = 'C:\\new'\n"
      "[mae-pretrain]\n"
      "betas = [0.9,\n  0.95, # two\n]\n"
      "resume=true\n"
      "total = +1_281_167\n",
      "run.toml");
  ASSERT_EQ(entries.size(), 6u);
  EXPECT_EQ(entries[0].value.words, std::vector<std::string>{"0.75"});
  EXPECT_EQ(entries[0].line, 2);
  EXPECT_EQ(entries[1].value.words[0], "a # b \"c\" \\ \xc3\xa9");
  EXPECT_EQ(entries[2].value.words[0], "C:\\new");
  EXPECT_EQ(entries[3].table, "mae-pretrain");
  EXPECT_TRUE(entries[3].value.is_array);
  EXPECT_EQ(entries[3].value.words, (std::vector<std::string>{"0.9", "0.95"}));
  EXPECT_EQ(entries[4].line, 10);
  EXPECT_EQ(entries[5].value.words[0], "1281167");
}

TEST(ParseToml, NamesTheLineOfAMistake) {
  EXPECT_EQ(where_of_failure("a = 1\nb\n"), "run.toml:2: expected = after b");
  EXPECT_EQ(where_of_failure("a = random\n"),
            "run.toml:1: expected a value; strings need quotes: \"random\"");
  EXPECT_EQ(where_of_failure("a = \"open\n"), "run.toml:1: the string has no closing quote");
  EXPECT_EQ(where_of_failure("a = 1\na = 2\n"), "run.toml:2: a is given twice");
  EXPECT_EQ(where_of_failure("a = 1 2\n"), "run.toml:1: unexpected text after the value");
  EXPECT_EQ(where_of_failure("a = [1, 2\n"), "run.toml:2: the array has no ]");
  EXPECT_EQ(where_of_failure("[t]\n[t]\n"), "run.toml:2: table [t] is given twice");
  EXPECT_EQ(where_of_failure("a = {b = 1}\n"), "run.toml:1: inline tables are not used here");
  EXPECT_EQ(where_of_failure("a ="), "run.toml:1: expected a value");
  EXPECT_EQ(where_of_failure("a = \"\\q\""),
            "run.toml:1: unknown escape in a string; write \\\\ for a backslash");
}

TEST(ParseToml, EveryPrefixOfAFileIsReadOrRefusedButNeverCrashes) {
  const std::string text = "[t]\na = [1, \"x\\u00e9\", 'y']\nb = \"\\\\\" # c\n";
  for (size_t length = 0; length <= text.size(); ++length) {
    where_of_failure(text.substr(0, length));
  }
}

TEST(TomlString, ReadsBackWhateverItHolds) {
  const std::string odd = "quote \" slash \\ tab \t line \n bell \x07 hash # e\xc3\xa9";
  const auto entries = parse_toml("a = " + toml_string(odd), "x");
  EXPECT_EQ(entries.at(0).value.words.at(0), odd);
}

}  // namespace
}  // namespace mae::cli
