#include "mae/base/random_stream.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace mae {
namespace {

using Block = std::array<uint32_t, 4>;

// Vectors of the Random123 distribution (kat_vectors, philox4x32 with 10 rounds).
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint32_t f = 0xffffffff;
  EXPECT_EQ(philox4x32({f, f, f, f}, {f, f}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// The layout of key and counter is part of the file format in effect: recorded seeds must keep
// their meaning.
TEST(RandomStream, NumbersAreFixedForEver) {
  EXPECT_EQ(sample_id(""), 0xef46db3751d8e999);  // XXH64 of nothing, seed 0
  // Key = XXH64(purpose, seed), counter = block, epoch, sample low, sample high.
  const uint64_t key = sample_id("");
  RandomStream stream(0, "", 5, 0x0000000900000007);
  const Block first =
      philox4x32({0, 5, 7, 9}, {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)});
  const Block second =
      philox4x32({1, 5, 7, 9}, {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)});
  for (const uint32_t expected : first) EXPECT_EQ(stream.next_u32(), expected);
  for (const uint32_t expected : second) EXPECT_EQ(stream.next_u32(), expected);
}

TEST(RandomStream, EveryPartOfTheNameMatters) {
  std::set<uint32_t> firsts;
  firsts.insert(RandomStream(1, "mask", 2, 3).next_u32());
  firsts.insert(RandomStream(9, "mask", 2, 3).next_u32());
  firsts.insert(RandomStream(1, "crop", 2, 3).next_u32());
  firsts.insert(RandomStream(1, "mask", 9, 3).next_u32());
  firsts.insert(RandomStream(1, "mask", 2, 9).next_u32());
  firsts.insert(RandomStream(1, "mask", 2, 3 + (uint64_t{1} << 32)).next_u32());
  EXPECT_EQ(firsts.size(), 6U);
  EXPECT_EQ(RandomStream(1, "mask", 2, 3).next_u32(), RandomStream(1, "mask", 2, 3).next_u32());
}

struct Moments {
  double mean = 0, variance = 0, smallest = 1e300, largest = -1e300;
};

template <typename Draw>
Moments moments(int count, Draw draw) {
  Moments m;
  double squares = 0;
  for (int i = 0; i < count; ++i) {
    const double x = draw();
    m.mean += x / count;
    squares += x * x / count;
    m.smallest = std::min(m.smallest, x);
    m.largest = std::max(m.largest, x);
  }
  m.variance = squares - m.mean * m.mean;
  return m;
}

constexpr int kDraws = 200000;  // five standard errors of a mean of deviation s are 0.011 s

TEST(RandomStream, UniformFillsTheUnitInterval) {
  RandomStream stream(3, "test");
  const Moments m = moments(kDraws, [&] { return stream.uniform(); });
  EXPECT_NEAR(m.mean, 0.5, 0.0033);
  EXPECT_NEAR(m.variance, 1.0 / 12, 0.001);
  EXPECT_GE(m.smallest, 0);
  EXPECT_LT(m.largest, 1);
  EXPECT_LT(m.smallest, 1e-4);
  EXPECT_GT(m.largest, 1 - 1e-4);
  const Moments f = moments(kDraws, [&] { return static_cast<double>(stream.uniform_float()); });
  EXPECT_NEAR(f.mean, 0.5, 0.0033);
  EXPECT_LT(f.largest, 1);
}

TEST(RandomStream, UniformOfARangeExcludesItsEnd) {
  RandomStream stream(3, "range");
  const double low = 1,
               high = std::nextafter(1.0, 2.0);  // rounding would reach the end half the time
  for (int i = 0; i < 100; ++i) EXPECT_EQ(stream.uniform(low, high), low);
  const Moments m = moments(kDraws, [&] { return stream.uniform(-2, 4); });
  EXPECT_NEAR(m.mean, 1, 0.02);
}

TEST(RandomStream, BelowHasNoBias) {
  RandomStream stream(3, "below");
  std::vector<int> counts(6);
  for (int i = 0; i < 60000; ++i) ++counts.at(static_cast<size_t>(stream.below(6)));
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
  // Of 3 * 2^61 values, plain remainders of 64 bits would fall into the lower two thirds in 3 of 4
  // draws.
  const int64_t n = int64_t{3} << 61;
  int lower = 0;
  for (int i = 0; i < 30000; ++i) lower += stream.below(n) < n / 3 * 2;
  EXPECT_NEAR(lower, 20000, 500);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(stream.below(1), 0);
}

TEST(RandomStream, NormalHasUnitVariance) {
  RandomStream stream(3, "normal");
  const Moments m = moments(kDraws, [&] { return stream.normal(); });
  EXPECT_NEAR(m.mean, 0, 0.012);
  EXPECT_NEAR(m.variance, 1, 0.02);
  EXPECT_GT(m.largest, 3.5);
}

TEST(RandomStream, BetaHasItsMoments) {
  const double shapes[][2] = {{0.8, 0.8}, {1, 1}, {2, 5}, {0.3, 3}};
  for (const auto& [a, b] : shapes) {
    RandomStream stream(3, "beta");
    const Moments m = moments(kDraws, [&, a = a, b = b] { return stream.beta(a, b); });
    EXPECT_NEAR(m.mean, a / (a + b), 0.005) << a << ' ' << b;
    EXPECT_NEAR(m.variance, a * b / ((a + b) * (a + b) * (a + b + 1)), 0.003) << a << ' ' << b;
  }
}

TEST(RandomStream, BetaOfTinyShapesIsANumber) {
  RandomStream stream(3, "tiny");
  for (int i = 0; i < 1000; ++i) {
    const double x = stream.beta(1e-4, 1e-4);  // plain gamma variates would underflow to 0 / 0
    EXPECT_TRUE(x >= 0 && x <= 1) << x;
  }
}

}  // namespace
}  // namespace mae
