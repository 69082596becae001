#include "mae/cli/progress_bar.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mae::cli {
namespace {

// A bar with a clock and a screen of our own.
struct Screen {
  explicit Screen(ProgressStyle style)
      : console([this](const std::string& text) { writes.push_back(text); }, true, false),
        bar(&console, options(style)) {}

  ProgressBar::Options options(ProgressStyle style) {
    ProgressBar::Options options;
    options.style = style;
    options.name = "mae-encode";
    options.width = [] { return 80; };
    options.now_s = [this] { return now_s; };
    return options;
  }

  double now_s = 100;
  std::vector<std::string> writes;
  Console console;
  ProgressBar bar;
};

TEST(ProgressStyle, AutoLooksAtTheTerminal) {
  EXPECT_EQ(progress_style("auto", true), ProgressStyle::kBar);
  EXPECT_EQ(progress_style("auto", false), ProgressStyle::kLines);
  EXPECT_EQ(progress_style("always", false), ProgressStyle::kBar);
  EXPECT_EQ(progress_style("never", true), ProgressStyle::kNone);
  EXPECT_EQ(progress_style("json", true), ProgressStyle::kJson);
}

TEST(ProgressBar, RedrawsAtMostTenTimesASecond) {
  Screen screen(ProgressStyle::kBar);
  screen.bar.begin("encode", 1000, "images");
  for (int i = 1; i <= 1000; ++i) {
    screen.now_s += 0.001;
    screen.bar.update(i, {});
  }
  EXPECT_GE(screen.writes.size(), 9u);
  EXPECT_LE(screen.writes.size(), 11u);
}

TEST(ProgressBar, LeavesOneLineAtTheEndOfAPhase) {
  Screen screen(ProgressStyle::kBar);
  screen.bar.begin("encode", 10, "images");
  screen.now_s += 2;
  screen.bar.update(10, {{"loss", "0.5"}});
  screen.bar.end();
  ASSERT_GE(screen.writes.size(), 2u);
  EXPECT_EQ(screen.writes[screen.writes.size() - 2], "\r\x1b[K");
  EXPECT_EQ(screen.writes.back(),
            "mae-encode: encode: 10 images in 0:02, 5.0 images/s, loss 0.5\n");
}

TEST(ProgressBar, ANewPhaseEndsTheOneBefore) {
  Screen screen(ProgressStyle::kLines);
  screen.bar.begin("first", 0, "files");
  screen.bar.update(3, {});
  screen.now_s += 3;
  screen.bar.begin("second", 0, "files");
  screen.now_s += 2;
  screen.bar.end();
  screen.bar.end();
  EXPECT_EQ(screen.writes,
            (std::vector<std::string>{"mae-encode: first: 3 files in 0:03, 1.0 files/s\n",
                                      "mae-encode: second: 0 files in 0:02\n"}));
}

TEST(ProgressBar, AShortPhaseLeavesNothing) {
  Screen screen(ProgressStyle::kBar);
  screen.bar.begin("check", 1, "files");
  screen.now_s += 0.5;
  screen.bar.update(1, {});
  screen.bar.end();
  EXPECT_EQ(screen.writes.back(), "\r\x1b[K");
}

TEST(ProgressBar, PlainLinesComeEveryTenSeconds) {
  Screen screen(ProgressStyle::kLines);
  screen.bar.begin("encode", 300, "images");
  for (int second = 1; second <= 25; ++second) {
    screen.now_s += 1;
    screen.bar.update(second * 10, {});
  }
  ASSERT_EQ(screen.writes.size(), 2u);
  EXPECT_EQ(screen.writes[0], "mae-encode: encode: 100/300 images (33%), 10 images/s, ETA 0:20\n");
}

TEST(ProgressBar, JsonHasOneObjectALine) {
  Screen screen(ProgressStyle::kJson);
  screen.bar.begin("encode", 10, "images");
  screen.now_s += 1.5;
  screen.bar.update(5, {});
  screen.bar.end();
  ASSERT_EQ(screen.writes.size(), 3u);
  std::vector<std::string> events;
  for (const std::string& line : screen.writes) {
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    events.push_back(nlohmann::json::parse(line).at("event"));
  }
  EXPECT_EQ(events, (std::vector<std::string>{"begin", "update", "end"}));
}

TEST(ProgressBar, NeverIsSilent) {
  Screen screen(ProgressStyle::kNone);
  screen.bar.begin("encode", 10, "images");
  screen.now_s += 100;
  screen.bar.update(5, {});
  screen.bar.end();
  EXPECT_TRUE(screen.writes.empty());
}

}  // namespace
}  // namespace mae::cli
