// Half-widths against a case worked by hand and the printed tables of Student's t.
#include "mae/eval/confidence.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mae {
namespace {

TEST(Confidence, StudentTableToItsLastDigit) {
  EXPECT_NEAR(student_t_95(1), 12.7062, 5e-5);
  EXPECT_NEAR(student_t_95(2), 4.30265, 5e-6);
  EXPECT_NEAR(student_t_95(3), 3.18245, 5e-6);
  EXPECT_NEAR(student_t_95(4), 2.77645, 5e-6);
  EXPECT_NEAR(student_t_95(9), 2.26216, 5e-6);
  EXPECT_NEAR(student_t_95(30), 2.04227, 5e-6);
  EXPECT_NEAR(student_t_95(99), 1.98422, 5e-6);
}

TEST(Confidence, ManyDegreesApproachTheNormalDistribution) {
  EXPECT_NEAR(student_t_95(100000), 1.95996, 5e-5);
}

TEST(Confidence, HalfWidthByHand) {
  // Deviations -2 to 2: squares 10, s^2 = 10 / 4, s / sqrt(5) = sqrt(0.5); times t(4) = 2.776445.
  const MeanInterval interval = mean_interval({1, 2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(interval.mean, 3);
  EXPECT_NEAR(interval.half_width, 2.776445 * std::sqrt(0.5), 1e-6);
}

TEST(Confidence, EqualValuesAreSureAndOneValueSaysNothing) {
  const MeanInterval equal = mean_interval({62.5, 62.5, 62.5, 62.5});
  EXPECT_EQ(equal.mean, 62.5);
  EXPECT_EQ(equal.half_width, 0);
  const MeanInterval one = mean_interval({62.5});
  EXPECT_EQ(one.mean, 62.5);
  EXPECT_TRUE(std::isnan(one.half_width));
}

}  // namespace
}  // namespace mae
