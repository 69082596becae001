// A resumed log equals an uninterrupted one, whatever a crash left behind.
#include "mae/report/run_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "mae/base/error.h"

namespace mae {
namespace {

using Json = nlohmann::ordered_json;

class RunLogTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove(path_); }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string text() const {
    std::stringstream bytes;
    bytes << std::ifstream(path_, std::ios::binary).rdbuf();
    return bytes.str();
  }
  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string path_ = ::testing::TempDir() + "mae_run_log_test.jsonl";
};

Json entry(int64_t step) {
  return {{"step", step}, {"loss", 1.0 / static_cast<double>(step)}, {"epoch", step / 10}};
}

TEST_F(RunLogTest, LinesAreReadableAtOnceAndKeepTheOrderOfKeys) {
  RunLog log(path_);
  log.append({{"step", 1}, {"loss", 0.5}, {"a", "x"}});
  EXPECT_EQ(text(), "{\"step\":1,\"loss\":0.5,\"a\":\"x\"}\n");
  EXPECT_EQ(read_run_log(path_).size(), 1u);
}

TEST_F(RunLogTest, ResumedRunEqualsAnUninterruptedOne) {
  {
    RunLog log(path_);
    for (int64_t step = 10; step <= 50; step += 10) log.append(entry(step));
  }
  const std::string uninterrupted = text();
  {
    RunLog log(path_, 30);
    log.append(entry(40));
    log.append(entry(50));
  }
  EXPECT_EQ(text(), uninterrupted);
}

TEST_F(RunLogTest, CutsAHalfWrittenOrDamagedLine) {
  write("{\"step\":1}\n{\"step\":2}\n{\"step\":3,\"lo");
  { RunLog log(path_, 100); }
  EXPECT_EQ(text(), "{\"step\":1}\n{\"step\":2}\n");
  write("{\"step\":1}\n@@@\n{\"step\":2}\n");
  { RunLog log(path_, 100); }
  EXPECT_EQ(text(), "{\"step\":1}\n");
}

TEST_F(RunLogTest, KeepsLinesWithoutAStepBeforeTheCut) {
  write("{\"config\":{}}\n{\"step\":5}\n{\"note\":\"late\"}\n{\"step\":6}\n{\"note\":\"gone\"}\n");
  { RunLog log(path_, 5); }
  EXPECT_EQ(text(), "{\"config\":{}}\n{\"step\":5}\n{\"note\":\"late\"}\n");
}

TEST_F(RunLogTest, StartsEmptyWithoutResume) {
  write("{\"step\":1}\n");
  { RunLog log(path_); }
  EXPECT_EQ(text(), "");
  std::filesystem::remove(path_);
  { RunLog log(path_, 7); }
  EXPECT_EQ(text(), "") << "resuming where there is no log makes one";
}

TEST_F(RunLogTest, ReadsBackPointsForACurve) {
  {
    RunLog log(path_);
    log.append({{"step", 1}, {"loss", 0.5}});
    log.append({{"step", 2}, {"loss", NAN}});
    log.append({{"step", 3}, {"val_loss", 0.7}});
  }
  const auto points = log_points(read_run_log(path_), "step", "loss");
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0], (std::array<double, 2>{1, 0.5}));
  EXPECT_EQ(points[1][0], 2);
  EXPECT_TRUE(std::isnan(points[1][1]));
}

TEST_F(RunLogTest, BadTextIsReplacedNotThrown) {
  {
    RunLog log(path_);
    log.append({{"step", 1}, {"file", "a\xff\n"}});
  }
  EXPECT_EQ(read_run_log(path_).size(), 1u);
}

TEST_F(RunLogTest, NamesTheDamagedLine) {
  write("{\"step\":1}\n[1]\n{\"step\":2}\n");
  try {
    read_run_log(path_);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(error.where(), path_ + ":2");
  }
  EXPECT_THROW(read_run_log(path_ + ".missing"), DataError);
  EXPECT_THROW(RunLog{::testing::TempDir()}, DataError);
}

// Else a run that goes on would cut its log there.
TEST(RunLog, AReadThatFailsIsNotTheEnd) {
  EXPECT_THROW(read_run_log("/proc/self/mem"), DataError);  // opens; reading its start fails
}

}  // namespace
}  // namespace mae
