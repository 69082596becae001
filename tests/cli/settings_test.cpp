#include "mae/cli/settings.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "sample_program.h"

namespace mae::cli {
namespace {

// A program with its settings applied from the three places.
struct Applied {
  Applied(const std::vector<std::string>& arguments, const std::string& config,
          const std::map<std::string, std::string>& environment)
      : program(test::sample_program(&values)) {
    line = parse_command_line(program.options, arguments);
    apply_settings(program.options, line, read_config(program, config, "run.toml"),
                   [&](const std::string& name) -> std::optional<std::string> {
                     const auto found = environment.find(name);
                     if (found == environment.end()) return std::nullopt;
                     return found->second;
                   });
  }
  bool given(const std::string& name) const { return program.options.find(name)->is_set(); }

  test::Values values;
  Program program;
  CommandLine line;
};

TEST(Settings, CommandLineBeatsEnvironmentBeatsFileBeatsDefault) {
  const std::string file = "mask-ratio = 0.1\nseed = 1\ndepth = 1\n";
  const std::map<std::string, std::string> environment = {{"MAE_MASK_RATIO", "0.2"},
                                                          {"MAE_SEED", "2"}};
  const Applied all({"--mask-ratio", "0.3"}, file, environment);
  EXPECT_EQ(all.values.mask_ratio, 0.3);
  EXPECT_EQ(all.values.seed, 2);
  EXPECT_EQ(all.values.depth, 1);
  EXPECT_EQ(all.values.strategy, "random");
}

TEST(Settings, TheToolsOwnTableBeatsTheKeysAtTheTop) {
  const Applied applied(
      {}, "seed = 1\n[mae-mask]\nseed = 2\n[mae-pretrain]\nseed = 3\nepochs = 9\n", {});
  EXPECT_EQ(applied.values.seed, 2);
}

TEST(Settings, ATableCanRestoreTheDefaultThatTheTopChanged) {
  const Applied applied({}, "seed = 1\n[mae-mask]\nseed = 0\n", {});
  EXPECT_EQ(applied.values.seed, 0);
}

TEST(Settings, SwitchesCanBeUndoneOnTheCommandLine) {
  EXPECT_FALSE(Applied({"--no-resume"}, "resume = true", {}).values.resume);
  EXPECT_FALSE(Applied({}, "", {{"MAE_NORM_PIX_LOSS", "0"}}).values.norm_pix_loss);
  EXPECT_TRUE(Applied({"--no-resume", "--resume"}, "", {}).values.resume);
}

TEST(Settings, TheLastOfARepeatedOptionCounts) {
  EXPECT_EQ(Applied({"--seed", "1", "--seed", "2"}, "", {}).values.seed, 2);
  EXPECT_EQ(Applied({"--betas", "1,2", "--betas", "3"}, "", {}).values.betas,
            std::vector<double>{3});
  EXPECT_EQ(Applied({"--train", "b", "--train", "a"}, "", {}).values.train,
            (std::vector<std::string>{"b", "a"}));
}

TEST(Settings, GivenMeansTheUserChoseIt) {
  const Applied applied({"--depth", "12"}, "mask-ratio = 0.75\nseed = 5\n",
                        {{"MAE_STRATEGY", "random"}});
  EXPECT_TRUE(applied.given("depth"));
  EXPECT_TRUE(applied.given("seed"));
  EXPECT_TRUE(applied.given("strategy"));
  EXPECT_FALSE(applied.given("mask-ratio"));  // a file's value equal to the default says nothing
  EXPECT_FALSE(applied.given("resume"));
}

std::string failure(const std::vector<std::string>& arguments, const std::string& config,
                    const std::map<std::string, std::string>& environment) {
  try {
    const Applied applied(arguments, config, environment);
  } catch (const UsageError& error) {
    return error.line();
  }
  return "accepted";
}

TEST(Settings, AnErrorNamesThePlaceItCameFrom) {
  EXPECT_EQ(failure({"--seed", "x"}, "", {}), "--seed: expected a whole number, got \"x\"");
  EXPECT_EQ(failure({}, "", {{"MAE_SEED", "x"}}), "MAE_SEED: expected a whole number, got \"x\"");
  EXPECT_EQ(failure({}, "\nseed = \"x\"", {}),
            "run.toml:2: seed: expected a whole number, got \"x\"");
  // A stale variable does not stop a command line that overrides it.
  EXPECT_EQ(failure({"--seed", "1"}, "", {{"MAE_SEED", "x"}}), "accepted");
}

TEST(Settings, ARequiredOptionMayComeFromAnywhere) {
  EXPECT_THROW(check_required(Applied({}, "", {}).program), UsageError);
  EXPECT_NO_THROW(check_required(Applied({"-o", "x"}, "", {}).program));
  EXPECT_NO_THROW(check_required(Applied({}, "output = \"x\"", {}).program));
}

TEST(RecordedSettings, AreCanonicalAndLeaveOutWhatCannotChangeTheResult) {
  const Applied a({"--seed", "3", "in.h5", "-o", "a.h5", "--mask-ratio=0.50", "--no-norm-pix-loss"},
                  "", {});
  const Applied b({"--no-norm-pix-loss", "--mask-ratio", "0.5", "-ob.h5", "--seed=3", "in.h5"}, "",
                  {});
  const Provenance first = recorded_settings(a.program, a.line.operands, 3);
  const Provenance second = recorded_settings(b.program, b.line.operands, 3);
  EXPECT_EQ(first.arguments, (std::vector<std::string>{"--mask-ratio=0.5", "--seed=3",
                                                       "--no-norm-pix-loss", "in.h5"}));
  EXPECT_EQ(first.to_json(), second.to_json());
  EXPECT_EQ(first.seed, 3);
  EXPECT_EQ(first.config.count("output"), 0u);
  EXPECT_EQ(first.config.at("mask-ratio"), 0.5);
  EXPECT_EQ(first.config.at("depth"), 12);
  EXPECT_EQ(first.config.at("image-size"), "224x224");
  EXPECT_EQ(first.config.at("betas"), nlohmann::json::parse("[0.9,0.95]"));
  EXPECT_EQ(first.config.at("norm-pix-loss"), false);
}

}  // namespace
}  // namespace mae::cli
