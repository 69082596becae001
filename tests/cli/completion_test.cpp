#include "mae/cli/completion.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "sample_program.h"

namespace mae::cli {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What bash would offer for the last of `words`, one a line, after loading the scripts.
std::string offered_by_bash(const std::string& scripts, const std::string& words, int index) {
  const std::string path = ::testing::TempDir() + "completion_test.bash";
  std::ofstream(path) << scripts << "\ncompopt() { :; }\nCOMP_WORDS=(" << words
                      << ")\nCOMP_CWORD=" << index
                      << "\n${FUNCTION}\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  const std::string function = words.rfind("mae ", 0) == 0 ? "_mae" : "_mae_mask";
  FILE* bash = popen(("FUNCTION=" + function + " bash '" + path + "' 2>&1").c_str(), "r");
  std::string text;
  for (int c; (c = std::fgetc(bash)) != EOF;) text += static_cast<char>(c);
  pclose(bash);
  std::remove(path.c_str());
  return text;
}

TEST(Completion, BashOffersOptionsChoicesAndTools) {
  test::Values values;
  const std::string scripts =
      tool_completion(test::sample_program(&values), "bash") + dispatcher_completion("bash");
  EXPECT_EQ(offered_by_bash(scripts, "mae-mask --mask", 1), "--mask-ratio\n");
  EXPECT_EQ(offered_by_bash(scripts, "mae-mask --no-", 1), "--no-norm-pix-loss\n");
  EXPECT_EQ(offered_by_bash(scripts, "mae-mask --strategy b", 2), "block\n");
  EXPECT_EQ(offered_by_bash(scripts, "mae-mask --strategy = g", 3), "grid\n");
  EXPECT_EQ(offered_by_bash(scripts, "mae-mask --seed 1", 2), "\n");
  EXPECT_EQ(offered_by_bash(scripts, "mae pre", 1), "pretrain\n");
  EXPECT_EQ(offered_by_bash(scripts, "mae mask --strategy r", 3), "random\n");
}

TEST(Completion, ZshEscapesWhatItsOwnSyntaxUses) {
  test::Values values;
  Program program = test::sample_program(&values);
  double ratio = 0;
  program.options.add(bind_value(&ratio, {"--share", "a share: [0, 1] of what's there", "X"}));
  const std::string text = tool_completion(program, "zsh");
  EXPECT_EQ(text.rfind("#compdef mae-mask\n", 0), 0u);
  EXPECT_TRUE(has(text, "'(-o --output)'{-o+,--output=}'[mask shard to write]:FILE:_files'"))
      << text;
  EXPECT_TRUE(has(
      text, "'--strategy=[how hidden patches are chosen]:random|block|grid:(random block grid)'"))
      << text;
  EXPECT_TRUE(has(text, "a share\\: \\[0, 1\\] of what\xe2\x80\x99s there")) << text;
}

TEST(Completion, FishKnowsWhichOptionsTakeFiles) {
  test::Values values;
  const std::string text = tool_completion(test::sample_program(&values), "fish");
  EXPECT_TRUE(has(text, "complete -c mae-mask -s o -l output -r -F -d 'mask shard to write'\n"))
      << text;
  EXPECT_TRUE(has(text, "complete -c mae-mask -l strategy -x -a 'random block grid' -d")) << text;
  EXPECT_TRUE(has(text, "complete -c mae-mask -l no-norm-pix-loss -d 'undo --norm-pix-loss'\n"))
      << text;
}

}  // namespace
}  // namespace mae::cli
