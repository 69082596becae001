#include "mae/cli/help_text.h"

#include <gtest/gtest.h>

#include <sstream>

#include "mae/cli/text_layout.h"
#include "sample_program.h"

namespace mae::cli {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ShortHelp, ShowsUsageChosenOptionsAndTwoExamples) {
  test::Values values;
  const std::string text = short_help(test::sample_program(&values), 80);
  EXPECT_EQ(text.rfind("usage: mae-mask [OPTION]... SHARD... -o FILE\n"
                       "Choose which patches of each sample stay visible.\n",
                       0),
            0u)
      << text;
  EXPECT_TRUE(has(text, "  -o, --output FILE         mask shard to write\n")) << text;
  EXPECT_TRUE(has(text, "share of patches that are hidden (default: 0.75)\n")) << text;
  EXPECT_FALSE(has(text, "--depth")) << text;
  EXPECT_TRUE(has(text, "--seed 3")) << text;
  EXPECT_FALSE(has(text, "mae-mask third")) << text;
}

TEST(LongHelp, ShowsEveryOptionUnderItsHeading) {
  test::Values values;
  const Program program = test::sample_program(&values);
  const std::string text = long_help(program, 100);
  for (const Option& option : program.options.options()) {
    EXPECT_TRUE(has(text, "--" + option.name) || has(text, "--[no-]" + option.name)) << option.name;
  }
  EXPECT_LT(text.find("\nOutput:\n"), text.find("\nMasking:\n"));
  EXPECT_LT(text.find("\nMasking:\n"), text.find("--mask-ratio"));
  EXPECT_TRUE(has(text, "(0 to 1; default: 0.75)")) << text;
  EXPECT_TRUE(has(text, "--strategy random|block|grid")) << text;
  EXPECT_TRUE(has(text, "--[no-]norm-pix-loss  predict normalised pixels (default: on)")) << text;
  EXPECT_TRUE(has(text, "      --resume ")) << text;
  EXPECT_TRUE(has(text, "mae-mask third"));
}

TEST(LongHelp, DefaultsAreThoseOfTheDeclarationEvenAfterParsing) {
  test::Values values;
  const Program program = test::sample_program(&values);
  values.mask_ratio = 0.1;
  EXPECT_TRUE(has(long_help(program, 100), "default: 0.75"));
}

TEST(LongHelp, KeepsToTheWidth) {
  test::Values values;
  const Program program = test::sample_program(&values);
  for (const int width : {40, 60, 80, 100}) {
    std::istringstream lines(long_help(program, width));
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("  mae-mask", 0) == 0)
        continue;  // examples are for copying and are never broken
      EXPECT_LE(line.size(), static_cast<size_t>(width)) << line;
    }
  }
}

TEST(Wrap, BreaksAtSpacesAndIndentsTheRest) {
  EXPECT_EQ(wrap("one two three", 10, 2, 0), "one two\n  three");
  EXPECT_EQ(wrap("one", 2, 0, 0), "one");
  EXPECT_EQ(wrap("a b", 10, 4, 9), "a\n    b");
}

}  // namespace
}  // namespace mae::cli
