#include "mae/cli/option_value.h"

#include <gtest/gtest.h>

#include <limits>

#include "mae/base/error.h"

namespace mae::cli {
namespace {

TEST(ParseInteger, TakesTheWholeWordOrNothing) {
  EXPECT_EQ(parse_integer("-17"), -17);
  EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<int64_t>::max());
  for (const char* bad : {"", "12x", "1.5", " 3", "0x10", "1e3", "--2", "9223372036854775808"}) {
    EXPECT_THROW(parse_integer(bad), UsageError) << bad;
  }
}

TEST(ParseNumber, TakesFiniteNumbersOnly) {
  EXPECT_DOUBLE_EQ(parse_number("1.5e-4"), 1.5e-4);
  EXPECT_DOUBLE_EQ(parse_number("-.5"), -0.5);
  for (const char* bad : {"", "0.75x", "nan", "inf", "-inf", "1e999", "0,5", "1 2"}) {
    EXPECT_THROW(parse_number(bad), UsageError) << bad;
  }
}

TEST(NumberWord, ReadsBackAsTheSameNumber) {
  for (const double value : {0.1, 1.5e-4, 1e-8, 1.0 / 3, 1e22, -0.0, 12345678.9}) {
    EXPECT_EQ(parse_number(number_word(value)), value);
  }
  EXPECT_EQ(number_word(0.75), "0.75");
}

TEST(ParseSize, IsHeightByWidth) {
  EXPECT_EQ(parse_size("224"), (Size2d{224, 224}));
  EXPECT_EQ(parse_size("224x160"), (Size2d{224, 160}));
  for (const char* bad : {"", "x", "224x", "224x160x3", "0", "16x-1", "224 160", "224X160"}) {
    EXPECT_THROW(parse_size(bad), UsageError) << bad;
  }
}

TEST(ParseSwitch, KnowsTheUsualWords) {
  EXPECT_TRUE(parse_switch("on"));
  EXPECT_TRUE(parse_switch("1"));
  EXPECT_FALSE(parse_switch("false"));
  EXPECT_THROW(parse_switch("maybe"), UsageError);
}

TEST(BindValue, ListsSplitAtCommas) {
  std::vector<double> betas{0.9};
  Option option = bind_value(&betas, {"--betas"});
  option.assign({"0.5,-1,1e-3"});
  EXPECT_EQ(betas, (std::vector<double>{0.5, -1, 1e-3}));
  option.assign({"0.5", "0.25"});  // as an array of a configuration file arrives
  EXPECT_EQ(betas, (std::vector<double>{0.5, 0.25}));
  option.assign({""});
  EXPECT_TRUE(betas.empty());
  EXPECT_THROW(option.assign({"0.5,,1"}), UsageError);
}

TEST(BindValue, AFailedAssignmentLeavesTheTargetAlone) {
  std::vector<std::int64_t> blocks{4, 8};
  Option option = bind_value(&blocks, {"--blocks"});
  EXPECT_THROW(option.assign({"1,2,x"}), UsageError);
  EXPECT_EQ(blocks, (std::vector<std::int64_t>{4, 8}));
}

TEST(BindValue, BoundsAreInclusive) {
  double ratio = 0.5;
  OptionSpec spec{"--mask-ratio"};
  spec.minimum = 0;
  spec.maximum = 1;
  Option option = bind_value(&ratio, spec);
  option.assign({"0"});
  option.assign({"1"});
  EXPECT_THROW(option.assign({"1.0001"}), UsageError);
  EXPECT_THROW(option.assign({"-0.1"}), UsageError);
  EXPECT_EQ(ratio, 1);
}

TEST(BindValue, AnIntRefusesWhatOnlyFitsInSixtyFourBits) {
  int depth = 1;
  Option option = bind_value(&depth, {"--depth"});
  EXPECT_THROW(option.assign({"4294967297"}), UsageError);
  EXPECT_EQ(depth, 1);
}

TEST(BindValue, AWrongChoiceGetsTheListAndTheNearest) {
  std::string strategy = "random";
  OptionSpec spec{"--strategy"};
  spec.choices = {"random", "block"};
  Option option = bind_value(&strategy, spec);
  try {
    option.assign({"blok"});
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "expected one of random, block; got \"blok\"");
    EXPECT_EQ(error.hint(), "did you mean block?");
  }
}

}  // namespace
}  // namespace mae::cli
