#include "mae/cli/command_line.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "sample_program.h"

namespace mae::cli {
namespace {

CommandLine parse(const std::vector<std::string>& arguments) {
  test::Values values;
  return parse_command_line(test::sample_program(&values).options, arguments);
}

// "WHERE: WHAT | HINT" of the UsageError.
std::string refusal(const std::vector<std::string>& arguments) {
  try {
    parse(arguments);
  } catch (const UsageError& error) {
    return error.line() + " | " + error.hint();
  }
  return "accepted";
}

TEST(CommandLine, TakesEverySpellingOfAValue) {
  const CommandLine line = parse({"--mask-ratio", "0.5", "--seed=-3", "-oout.h5", "a.h5"});
  EXPECT_EQ(line.options.at("mask-ratio"), Words{"0.5"});
  EXPECT_EQ(line.options.at("seed"), Words{"-3"});
  EXPECT_EQ(line.options.at("output"), Words{"out.h5"});
  EXPECT_EQ(line.operands, Words{"a.h5"});
}

TEST(CommandLine, NegativeNumbersDashesAndEmptyTextsAreValues) {
  const CommandLine line = parse({"--seed", "-1", "-o", "-", "-", "--note=", "x"});
  EXPECT_EQ(line.options.at("seed"), Words{"-1"});
  EXPECT_EQ(line.options.at("output"), Words{"-"});
  EXPECT_EQ(line.options.at("note"), Words{""});
  EXPECT_EQ(line.operands, (Words{"-", "x"}));
}

TEST(CommandLine, BracketsAndCommasInNamesAreLeftAlone) {
  const CommandLine line = parse({"[a,b].h5", "[x]", "--note", "[1,2]", "-o", "{}"});
  EXPECT_EQ(line.operands, (Words{"[a,b].h5", "[x]"}));
  EXPECT_EQ(line.options.at("note"), Words{"[1,2]"});
  EXPECT_EQ(line.options.at("output"), Words{"{}"});
}

TEST(CommandLine, SwitchesHaveANegation) {
  EXPECT_EQ(parse({"--resume"}).options.at("resume"), Words{"true"});
  EXPECT_EQ(parse({"--no-resume"}).options.at("resume"), Words{"false"});
  EXPECT_EQ(parse({"--resume", "--no-resume"}).options.at("resume"), (Words{"true", "false"}));
}

TEST(CommandLine, RepeatedOptionsKeepAllWordsInOrder) {
  EXPECT_EQ(parse({"--train", "b", "x", "--train=a"}).options.at("train"), (Words{"b", "a"}));
}

TEST(CommandLine, AfterTheSeparatorEverythingIsAnOperand) {
  const CommandLine line = parse({"a", "b", "--", "--seed", "c", "--"});
  EXPECT_EQ(line.operands, (Words{"a", "b", "--seed", "c", "--"}));
  EXPECT_EQ(line.before_separator, 2u);
  EXPECT_EQ(parse({"a", "b"}).before_separator, 2u);
}

TEST(CommandLine, AnUnknownOptionGetsTheNearestName) {
  EXPECT_EQ(refusal({"--mask-ration", "0.5"}),
            "--mask-ration: unknown option | did you mean --mask-ratio?");
  EXPECT_EQ(refusal({"--no-resum"}), "--no-resum: unknown option | did you mean --no-resume?");
  EXPECT_EQ(refusal({"--zzz=1"}), "--zzz: unknown option | --help lists the options");
  EXPECT_EQ(refusal({"-x"}), "-x: unknown option | --help lists the options");
}

TEST(CommandLine, AMissingValueNamesTheOption) {
  EXPECT_EQ(refusal({"a", "--mask-ratio"}),
            "--mask-ratio: needs a value (RATIO) | write --mask-ratio RATIO");
  EXPECT_EQ(refusal({"a", "-o"}), "--output: needs a value (FILE) | write --output FILE");
}

}  // namespace
}  // namespace mae::cli
