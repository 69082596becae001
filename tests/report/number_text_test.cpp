// Numbers as text: no locale, no negative zero.
#include "mae/report/number_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mae {
namespace {

TEST(NumberText, FixedDecimals) {
  EXPECT_EQ(fixed_text(24.0957, 2), "24.10");
  EXPECT_EQ(fixed_text(-1.5, 1), "-1.5");
  EXPECT_EQ(fixed_text(-0.001, 2), "0.00");
  EXPECT_EQ(fixed_text(-0.0, 0), "0");
  EXPECT_EQ(fixed_text(1e300, 1).size(), 303u);
}

TEST(NumberText, Shortest) {
  EXPECT_EQ(short_text(0.002), "0.002");
  EXPECT_EQ(short_text(1500), "1500");
  EXPECT_EQ(short_text(1e-8), "1e-08");
  EXPECT_EQ(short_text(1234567, 4), "1.235e+06");
  EXPECT_EQ(short_text(-0.0), "0");
}

TEST(NumberText, NotFinite) {
  EXPECT_EQ(fixed_text(INFINITY, 2), "inf");
  EXPECT_EQ(short_text(-INFINITY), "-inf");
  EXPECT_EQ(fixed_text(NAN, 2), "nan");
}

}  // namespace
}  // namespace mae
