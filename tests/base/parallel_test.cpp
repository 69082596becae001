#include "mae/base/parallel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

namespace mae {
namespace {

TEST(OrderedMap, ConsumesInOrderWhateverTheThreads) {
  for (const int threads : {1, 2, 7}) {
    std::vector<int64_t> seen;
    ordered_map(
        200, threads, 5,
        [](int64_t i) {
          if (i % 7 == 0)
            std::this_thread::sleep_for(
                std::chrono::microseconds(200));  // late ones must not be overtaken
          return i * i;
        },
        [&](int64_t i, int64_t square) {
          EXPECT_EQ(square, i * i);
          seen.push_back(i);
        });
    ASSERT_EQ(seen.size(), 200U) << threads;
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end())) << threads;
  }
}

TEST(OrderedMap, AtMostAheadResultsWait) {
  std::atomic<int64_t> produced{0};
  int64_t most_ahead = 0;
  ordered_map(
      100, 4, 6, [&](int64_t i) { return ++produced, i; },
      [&](int64_t i, int64_t) { most_ahead = std::max(most_ahead, produced.load() - i); });
  EXPECT_LE(most_ahead, 6);
}

TEST(OrderedMap, FirstErrorInIndexOrderWins) {
  for (const int threads : {1, 4}) {
    int64_t consumed = 0;
    try {
      ordered_map(
          50, threads, 0,
          [](int64_t i) {
            if (i == 9) std::this_thread::sleep_for(std::chrono::milliseconds(2));
            if (i >= 9) throw std::runtime_error(std::to_string(i));
            return i;
          },
          [&](int64_t, int64_t) { ++consumed; });
      FAIL();
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "9") << threads;
    }
    EXPECT_EQ(consumed, 9);
  }
}

TEST(ThreadPool, FinishesQueuedTasksBeforeItEnds) {
  std::atomic<int> done{0};
  {
    ThreadPool pool(2);
    for (int i = 0; i < 50; ++i) pool.submit([&] { ++done; });
    EXPECT_EQ(pool.size(), 2);
  }
  EXPECT_EQ(done, 50);
}

TEST(AvailableCores, IsAtLeastOne) {
  EXPECT_GE(available_cores(), 1);
  EXPECT_LE(available_cores(), 65536);
}

}  // namespace
}  // namespace mae
