#include "mae/train/step_guard.h"

#include <gtest/gtest.h>

namespace mae {
namespace {

using Verdict = StepGuard::Verdict;

TEST(StepGuard, NoSkipsMeanTheEndAtTheFirstFailure) {
  StepGuard guard(0, 10);
  EXPECT_EQ(guard.failed(5), Verdict::kStop);
}

TEST(StepGuard, AStreakLeadsBackAndFailuresApartDoNot) {
  StepGuard guard(3, 10);
  for (int64_t step = 0; step < 30; step += 3) {
    EXPECT_EQ(guard.failed(step), Verdict::kGoOn);
    EXPECT_EQ(guard.failed(step + 1), Verdict::kGoOn);
    EXPECT_TRUE(guard.is_failing());
    guard.succeeded();
    EXPECT_FALSE(guard.is_failing());
  }
  EXPECT_EQ(guard.skipped(), 20);
  EXPECT_EQ(guard.failed(40), Verdict::kGoOn);
  EXPECT_EQ(guard.failed(41), Verdict::kGoOn);
  EXPECT_EQ(guard.failed(42), Verdict::kRollBack);
  EXPECT_EQ(guard.roll_back_to(), 37);
  EXPECT_EQ(guard.last_failed(), 42);
}

TEST(StepGuard, TheTroubleIsLeftOutAndComesBackOnlyOnce) {
  StepGuard guard(2, 10);
  guard.failed(1);
  EXPECT_EQ(guard.failed(2), Verdict::kRollBack);
  EXPECT_EQ(guard.roll_back_to(), 0);  // there is no step before the first
  guard.leave_out(0, 2);
  EXPECT_FALSE(guard.is_failing());
  for (const int64_t step : {0, 1, 2}) EXPECT_TRUE(guard.leaves_out(step));
  for (const int64_t step : {-1, 3, 40}) EXPECT_FALSE(guard.leaves_out(step));
  StepGuard soon = guard, late = guard;
  soon.failed(12);  // within an epoch
  EXPECT_EQ(soon.failed(13), Verdict::kStop);
  late.failed(13);
  EXPECT_EQ(late.failed(14), Verdict::kRollBack);
}

TEST(StepGuard, ItsStateIsAllThereIs) {
  StepGuard guard(3, 10);
  guard.failed(7);
  guard.leave_out(4, 9);
  guard.left_out();
  guard.failed(11);
  StepGuard again(3, 10);
  again.restore(guard.state());
  EXPECT_EQ(again.state(), guard.state());
  EXPECT_TRUE(again.leaves_out(9));
  EXPECT_EQ(again.skipped(), 3);
  StepGuard fresh(3, 10);
  fresh.restore(nullptr);  // of a run begun before
  EXPECT_EQ(fresh.state(), StepGuard(3, 10).state());
  EXPECT_THROW(fresh.restore({{"skipped", 1}}), nlohmann::json::exception);
}

}  // namespace
}  // namespace mae
