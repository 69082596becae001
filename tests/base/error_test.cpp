#include "mae/base/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

namespace mae {
namespace {

TEST(Error, ExitCodesAreTheContract) {
  EXPECT_EQ(PartialError("x").exit_code(), 1);
  EXPECT_EQ(UsageError("x").exit_code(), 2);
  EXPECT_EQ(DataError("x").exit_code(), 3);
  EXPECT_EQ(ResourceError("x").exit_code(), 4);
  EXPECT_EQ(NumericError("x").exit_code(), 5);
  EXPECT_EQ(Interrupted(SIGINT).exit_code(), 130);
  EXPECT_EQ(Interrupted(SIGTERM).exit_code(), 143);
  EXPECT_EQ(ClosedPipe().exit_code(), 0);
}

TEST(Error, LineNamesPlaceThenProblem) {
  const DataError error("has 196 patches, expected 256", "train.h5:/mask", "run mae-mask again");
  EXPECT_EQ(error.line(), "train.h5:/mask: has 196 patches, expected 256");
  EXPECT_EQ(error.hint(), "run mae-mask again");
  EXPECT_EQ(UsageError("no input").line(), "no input");
}

TEST(Error, HostileNamesStayOnOneHarmlessLine) {
  const DataError error("cannot be read", "a\nmae: error: forged\x1b[2J");
  EXPECT_EQ(error.line(), "a\\nmae: error: forged\\x1b[2J: cannot be read");
}

TEST(Printable, KeepsTextAndEscapesTheRest) {
  EXPECT_EQ(printable("Zürich 東京 🙂"), "Zürich 東京 🙂");
  EXPECT_EQ(printable("tab\tcr\rdel\x7f"), "tab\\tcr\\rdel\\x7f");
  EXPECT_EQ(printable(std::string("nul\0byte", 8)), "nul\\x00byte");
  EXPECT_EQ(printable("latin1 \xe9t\xe9"), "latin1 \\xe9t\\xe9");
  EXPECT_EQ(printable("\xc2\x9b[2J"), "\\xc2\\x9b[2J") << "C1 control sequence introducer";
  EXPECT_EQ(printable("gpj.\xe2\x80\xae"), "gpj.\\xe2\\x80\\xae") << "right-to-left override";
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "past the last code point";
  EXPECT_EQ(printable("cut \xe6\x9d"), "cut \\xe6\\x9d");
}

TEST(SystemReason, ReadsAsPartOfASentence) {
  EXPECT_EQ(system_reason(ENOSPC), "no space left on device");
}

}  // namespace
}  // namespace mae
