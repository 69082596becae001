// Waiting threads spin while cores are free, and sleep, ever longer, where they are not.
#include "mae/train/core_contention.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace mae {
namespace {

/// What a process of two threads is told over and over, 0.1 s apart.
class Times {
 public:
  /// waited  share of the time in which threads could have run
  bool next(SpinPermit& permit, double waited) {
    constexpr double kLook = 2e8;
    times_.ran += static_cast<uint64_t>(kLook * (1 - waited));
    times_.waited += static_cast<uint64_t>(kLook * waited);
    return permit.look(times_);
  }
  int looks_until(SpinPermit& permit, bool wanted, double waited) {
    int looks = 1;
    while (next(permit, waited) != wanted && looks < 10000) ++looks;
    return looks;
  }
  SchedulerTimes times_{5000, 6000};
};

TEST(SpinPermit, StaysWhileCoresAreFree) {
  SpinPermit permit;
  Times times;
  for (int look = 0; look < 300; ++look) EXPECT_TRUE(times.next(permit, 0.02));
}

TEST(SpinPermit, OneBusyMomentIsForgiven) {
  SpinPermit permit;
  Times times;
  for (int look = 0; look < 100; ++look)
    EXPECT_TRUE(times.next(permit, look % 3 == 0 ? 0.5 : 0.01));
}

TEST(SpinPermit, SleepsLongerAtEveryRelapseAndBrieflyAgainAfterACalm) {
  SpinPermit permit;
  Times times;
  times.next(permit, 0.6);
  std::vector<int> sleeps;
  for (int relapse = 0; relapse < 12; ++relapse) {
    EXPECT_LE(times.looks_until(permit, false, 0.6), 2);
    sleeps.push_back(times.looks_until(permit, true, 0.6));
  }
  EXPECT_EQ(sleeps[1], 2 * sleeps[0]);
  EXPECT_EQ(sleeps[3], 8 * sleeps[0]);
  EXPECT_EQ(sleeps[11], sleeps[10]);  // a minute at most
  EXPECT_EQ(sleeps[11], 600);
  for (int look = 0; look < 2 * 600; ++look) times.next(permit, 0.0);
  EXPECT_LE(times.looks_until(permit, false, 0.6), 2);
  EXPECT_EQ(times.looks_until(permit, true, 0.6), sleeps[0]);
}

TEST(SpinPermit, ThreadsThatEndedTellNothing) {
  SpinPermit permit;
  EXPECT_TRUE(permit.look({1000, 900}));
  for (uint64_t left = 900; left > 0; left -= 100) EXPECT_TRUE(permit.look({left, left}));
}

TEST(SchedulerTimes, CountWhatAThreadComputes) {
  const auto before = scheduler_times();
  if (!before) GTEST_SKIP() << "this kernel does not count";
  std::atomic<uint64_t> sum{0};
  for (int i = 0; i < 50000000; ++i) sum.fetch_add(1, std::memory_order_relaxed);
  const auto after = scheduler_times();
  ASSERT_TRUE(after);
  EXPECT_GT(after->ran, before->ran);
}

}  // namespace
}  // namespace mae
