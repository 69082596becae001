#include "mae/cli/progress_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mae::cli {
namespace {

ProgressState sample() {
  ProgressState state;
  state.phase = "epoch 3/20";
  state.unit = "images";
  state.total = 12800;
  state.done = 8000;
  state.elapsed_s = 8;
  state.rate = 1012;
  state.values = {{"loss", "0.4312"}};
  return state;
}

TEST(ProgressBarText, ShowsBarPercentRateRemainingAndValues) {
  EXPECT_EQ(progress_bar(sample(), 80),
            "epoch 3/20  [============>       ]   62%  1,012 images/s  ETA 0:05  loss 0.4312");
}

TEST(ProgressBarText, GivesWayToNarrowTerminals) {
  EXPECT_EQ(progress_bar(sample(), 68),
            "epoch 3/20  [=============>       ]   62%  1,012 images/s  ETA 0:05");
  EXPECT_EQ(progress_bar(sample(), 40), "epoch 3/20  [===========>       ]   62%");
  for (int width = 1; width <= 200; ++width) {
    EXPECT_LT(static_cast<int>(progress_bar(sample(), width).size()), width) << width;
  }
}

TEST(ProgressBarText, WithoutATotalItCounts) {
  ProgressState state = sample();
  state.total = 0;
  EXPECT_EQ(progress_bar(state, 80), "epoch 3/20  8,000 images  1,012 images/s  loss 0.4312");
}

TEST(ProgressBarText, IsFullOnlyWhenAllIsDone) {
  ProgressState state = sample();
  state.done = 12799;
  EXPECT_NE(progress_bar(state, 80).find(" 99%"), std::string::npos);
  state.done = 12800;
  EXPECT_NE(progress_bar(state, 80).find("100%"), std::string::npos);
  state.done = 99999;  // more than announced
  EXPECT_NE(progress_bar(state, 80).find("100%"), std::string::npos);
}

TEST(ProgressBarText, CannotBeForgedByNames) {
  ProgressState state = sample();
  state.phase = "a\x1b[2Jb\nc";
  EXPECT_EQ(progress_bar(state, 120).find('\x1b'), std::string::npos);
  EXPECT_EQ(progress_line(state).find('\n'), std::string::npos);
}

TEST(ProgressLine, ReadsAsASentence) {
  EXPECT_EQ(progress_line(sample()),
            "epoch 3/20: 8,000/12,800 images (62%), 1,012 images/s, ETA 0:05, loss 0.4312");
  EXPECT_EQ(progress_summary(sample()),
            "epoch 3/20: 8,000 images in 0:08, 1,000 images/s, loss 0.4312");
}

TEST(ProgressJson, HasNumbersAsNumbers) {
  const auto line = nlohmann::json::parse(progress_json(sample(), "update"));
  EXPECT_EQ(line.at("event"), "update");
  EXPECT_EQ(line.at("done"), 8000);
  EXPECT_EQ(line.at("eta_s"), 5);
  EXPECT_EQ(line.at("values").at("loss"), "0.4312");
  ProgressState state;
  EXPECT_TRUE(nlohmann::json::parse(progress_json(state, "begin")).at("total").is_null());
}

TEST(DurationText, ChangesItsUnits) {
  EXPECT_EQ(duration_text(0.4), "0:00");
  EXPECT_EQ(duration_text(41), "0:41");
  EXPECT_EQ(duration_text(723), "12:03");
  EXPECT_EQ(duration_text(3723), "1:02:03");
  EXPECT_EQ(duration_text(2 * 86400 + 3 * 3600 + 240), "2d 03:04");
  EXPECT_EQ(duration_text(-5), "0:00");
}

TEST(Grouped, SetsCommas) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1281167), "1,281,167");
  EXPECT_EQ(grouped(-123456), "-123,456");
  EXPECT_EQ(rate_text(0.25), "0.25");
  EXPECT_EQ(rate_text(3.44), "3.4");
  EXPECT_EQ(rate_text(9.97), "10");
}

}  // namespace
}  // namespace mae::cli
