#include "mae/cli/suggestion.h"

#include <gtest/gtest.h>

namespace mae::cli {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("mask", "mask"), 0);
  EXPECT_EQ(edit_distance("mask", "masks"), 1);
  EXPECT_EQ(edit_distance("mask", "msak"), 1);
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
}

TEST(Nearest, SuggestsWhatWasMeantAndNothingElse) {
  const std::vector<std::string> names = {"--mask-ratio", "--masks", "--seed", "--batch-size"};
  EXPECT_EQ(nearest("--mask-ration", names), "--mask-ratio");
  EXPECT_EQ(nearest("--mask-raito", names), "--mask-ratio");
  EXPECT_EQ(nearest("--batch", names), "--batch-size");
  EXPECT_EQ(nearest("--colour", names), "");
  EXPECT_EQ(did_you_mean("--sed", names), "did you mean --seed?");
  EXPECT_EQ(did_you_mean("--zzz", names), "");
}

}  // namespace
}  // namespace mae::cli
