#include "mae/cli/config_file.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/cli/settings.h"
#include "sample_program.h"

namespace mae::cli {
namespace {

std::optional<std::string> nothing(const std::string&) { return std::nullopt; }

std::string refusal(const std::string& text) {
  test::Values values;
  try {
    read_config(test::sample_program(&values), text, "run.toml");
  } catch (const UsageError& error) {
    return error.line() + " | " + error.hint();
  }
  return "accepted";
}

TEST(ReadConfig, AnUnknownKeyNamesFileLineAndTheNearest) {
  EXPECT_EQ(refusal("\nmask-ration = 0.5\n"),
            "run.toml:2: unknown key mask-ration | did you mean mask-ratio?");
  EXPECT_EQ(refusal("[mae-mask]\nlearning = 1\n"),
            "run.toml:2: unknown key learning | mae-mask --dump-config lists the keys");
}

TEST(ReadConfig, TablesOfOtherToolsAreSkippedButNotUnknownOnes) {
  EXPECT_EQ(refusal("[mae-encode]\nanything = 1\n"), "accepted");
  EXPECT_EQ(
      refusal("[mae-pretrian]\nepochs = 1\n"),
      "run.toml:2: no tool has the name of table [mae-pretrian] | did you mean mae-pretrain?");
}

TEST(ReadConfig, UnderscoresCountAsDashes) {
  test::Values values;
  const Program program = test::sample_program(&values);
  EXPECT_EQ(read_config(program, "mask_ratio = 0.5", "x").at("mask-ratio").words, Words{"0.5"});
}

TEST(ReadConfig, AnArrayIsNotASingleValue) {
  EXPECT_EQ(refusal("seed = [1, 2]"), "run.toml:1: seed: takes one value, not an array | ");
}

TEST(DumpConfig, ReadsBackToTheSameConfiguration) {
  test::Values values;
  Program program = test::sample_program(&values);
  const CommandLine line = parse_command_line(
      program.options, {"--mask-ratio=1", "--seed=-7", "--note", "a \"b\" \\ # c\n", "--resume",
                        "--no-norm-pix-loss", "--image-size=32x48", "--betas=0.5", "--blocks=4,8",
                        "--train", "x,y.h5", "--train", "z.h5", "-o", "out.h5"});
  apply_settings(program.options, line, {}, nothing);
  const std::string dumped = dump_config(program);

  test::Values again;
  Program second = test::sample_program(&again);
  apply_settings(second.options, {}, read_config(second, dumped, "dump"), nothing);
  EXPECT_EQ(dump_config(second), dumped);
  EXPECT_EQ(again.mask_ratio, 1);
  EXPECT_EQ(again.seed, -7);
  EXPECT_EQ(again.note, values.note);
  EXPECT_TRUE(again.resume);
  EXPECT_FALSE(again.norm_pix_loss);
  EXPECT_EQ(again.image_size, (Size2d{32, 48}));
  EXPECT_EQ(again.betas, values.betas);
  EXPECT_EQ(again.blocks, values.blocks);
  EXPECT_EQ(again.train, values.train);
  EXPECT_EQ(again.output, "out.h5");
}

TEST(DumpConfig, OfDefaultsGivesNothingWhenReadBack) {
  test::Values values;
  Program program = test::sample_program(&values);
  apply_settings(program.options, {}, read_config(program, dump_config(program), "dump"), nothing);
  for (const Option& option : program.options.options())
    EXPECT_FALSE(option.is_set()) << option.name;
}

TEST(DumpConfig, WritesNumbersAsTheirTomlTypes) {
  test::Values values;
  values.mask_ratio = 1;
  const std::string text = dump_config(test::sample_program(&values));
  EXPECT_NE(text.find("\nmask-ratio = 1.0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nseed = 0\n"), std::string::npos);
  EXPECT_NE(text.find("\nstrategy = \"random\"\n"), std::string::npos);
  EXPECT_NE(text.find("\nbetas = [0.9, 0.95]\n"), std::string::npos);
  EXPECT_NE(text.find("\nresume = false\n"), std::string::npos);
}

}  // namespace
}  // namespace mae::cli
