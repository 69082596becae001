// Ticks, gaps, empty and flat series, and that foreign text stays text.
#include "mae/report/svg_chart.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mae {
namespace {

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// The path data of the drawn lines, which alone have width 2.
std::vector<std::string> lines_of(const std::string& svg) {
  std::vector<std::string> lines;
  for (size_t at = svg.find("<path d=\""); at != std::string::npos;
       at = svg.find("<path d=\"", at + 1)) {
    const std::string path = svg.substr(at, svg.find("/>", at) - at);
    if (path.find("stroke-width=\"2\"") != std::string::npos)
      lines.push_back(path.substr(9, path.find('"', 9) - 9));
  }
  return lines;
}

TEST(NiceTicks, AreRoundAndInside) {
  EXPECT_EQ(nice_ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(nice_ticks(0, 100, 10).size(), 11u);
  const std::vector<double> ticks = nice_ticks(0.13, 0.87, 5);
  EXPECT_NEAR(ticks.front(), 0.2, 1e-12);
  EXPECT_NEAR(ticks.back(), 0.8, 1e-12);
  EXPECT_EQ(ticks.size(), 7u);
  const std::vector<double> large = nice_ticks(1e300, 3e300, 4);
  EXPECT_GE(large.size(), 3u);
  EXPECT_EQ(nice_ticks(-1, 1, 4), (std::vector<double>{-1, -0.5, 0, 0.5, 1}));
}

TEST(SvgChart, DrawsPointsWhereTheyLie) {
  Chart chart{"loss", "epoch", "loss", {{"train", {{0, 0}, {5, 10}, {10, 5}}}}, 720, 320};
  const std::string svg = svg_chart(chart);
  // The frame is x 60..704 and y 276 (low) .. 48 (high).
  ASSERT_EQ(lines_of(svg), std::vector<std::string>{"M60.0 276.0L382.0 48.0L704.0 162.0"});
  EXPECT_EQ(svg, svg_chart(chart));
  EXPECT_NE(svg.find(">train</text>"), std::string::npos);
  EXPECT_NE(svg.find(">epoch</text>"), std::string::npos);
}

TEST(SvgChart, LeavesGapsWhereValuesAreNotFinite) {
  Chart chart;
  chart.series = {{"", {{0, 1}, {1, 2}, {2, NAN}, {3, 1}, {4, INFINITY}, {5, 1}, {6, 2}}}};
  const std::string svg = svg_chart(chart);
  ASSERT_EQ(lines_of(svg).size(), 1u);
  const std::string line = lines_of(svg)[0];
  EXPECT_EQ(count(line, "M"), 3);
  EXPECT_EQ(count(line, "L"), 2);
  EXPECT_EQ(count(line, "h0"), 1) << "the point that stands alone is a dot";
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(SvgChart, SaysWhenThereIsNothing) {
  EXPECT_NE(svg_chart({}).find("no data"), std::string::npos);
  Chart chart;
  chart.series = {{"a", {}}, {"b", {{0, NAN}}}};
  EXPECT_NE(svg_chart(chart).find("no data"), std::string::npos);
}

TEST(SvgChart, FlatAndSinglePointSeriesLieInTheMiddle) {
  Chart chart;
  chart.series = {{"", {{3, 0.25}}}};
  const std::string line = lines_of(svg_chart(chart)).at(0);
  EXPECT_EQ(line.rfind("M322.0 ", 0), 0u) << line;
  EXPECT_EQ(svg_chart(chart).find("nan"), std::string::npos);
}

TEST(SvgChart, ThinsLongSeriesButKeepsSpikes) {
  Chart chart;
  chart.series = {{"", {}}};
  for (int i = 0; i < 100000; ++i)
    chart.series[0].points.push_back({double(i), i == 54321 ? 100.0 : 0.0});
  const std::string line = lines_of(svg_chart(chart)).at(0);
  EXPECT_LT(count(line, "L"), 1100);
  EXPECT_EQ(count(line, " 48.0"), 1) << "the spike reaches the top";
}

TEST(SvgChart, EscapesNames) {
  Chart chart{"<b>&", "\"x\"", "</text><script>", {{"<i>", {{0, 0}, {1, 1}}}}, 720, 320};
  const std::string svg = svg_chart(chart);
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_EQ(svg.find("<b>"), std::string::npos);
  EXPECT_EQ(svg.find("<i>"), std::string::npos);
}

}  // namespace
}  // namespace mae
