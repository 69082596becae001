// Lengths from zero, gaps, long and foreign names.
#include "mae/report/bar_chart.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mae/report/chart_parts.h"

namespace mae {
namespace {

struct Bar {
  double x = 0, width = 0;
};

double attribute(const std::string& element, const std::string& name) {
  const size_t at = element.find(" " + name + "=\"");
  return at == std::string::npos ? NAN : std::stod(element.substr(at + name.size() + 3));
}

std::vector<Bar> bars_of(const std::string& svg) {
  std::vector<Bar> bars;
  for (size_t at = svg.find("<rect x="); at != std::string::npos;
       at = svg.find("<rect x=", at + 1)) {
    const std::string element = svg.substr(at, svg.find("/>", at) - at);
    bars.push_back({attribute(element, "x"), attribute(element, "width")});
  }
  return bars;
}

bool has_text(const std::string& svg, const std::string& text) {
  return svg.find(">" + text + "</text>") != std::string::npos;
}

TEST(BarChart, LengthsAreValuesFromZero) {
  BarChart chart;
  chart.categories = {"a", "b", "c"};
  chart.series = {{"", {80, 40, -20}}};
  const std::string svg = bar_chart(chart);
  const std::vector<Bar> bars = bars_of(svg);
  ASSERT_EQ(bars.size(), 3u);
  EXPECT_NEAR(bars[0].width, 2 * bars[1].width, 0.2);
  EXPECT_NEAR(bars[1].width, 2 * bars[2].width, 0.2);
  EXPECT_EQ(bars[0].x, bars[1].x);
  EXPECT_NEAR(bars[2].x + bars[2].width, bars[0].x, 0.2) << "negative values go to the left";
  EXPECT_TRUE(has_text(svg, "80"));
  EXPECT_TRUE(has_text(svg, "-20"));
  EXPECT_EQ(svg, bar_chart(chart));
}

TEST(BarChart, SeriesStandTogetherAndGapsStayEmpty) {
  BarChart chart;
  chart.categories = {"a", "b"};
  chart.series = {{"ours", {61.25, NAN}}, {"paper", {73.5, INFINITY}}};
  const std::string svg = bar_chart(chart);
  EXPECT_EQ(bars_of(svg).size(), 2u);
  EXPECT_TRUE(has_text(svg, "61.25"));
  EXPECT_TRUE(has_text(svg, "paper"));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
  EXPECT_TRUE(bars_of(bar_chart({})).empty());
}

TEST(BarChart, CutsLongNamesBetweenLetters) {
  BarChart chart;
  std::string name;
  for (int i = 0; i < 60; ++i) name += "\xC3\xA9";  // é
  chart.categories = {name};
  chart.series = {{"", {1}}};
  const std::string svg = bar_chart(chart);
  EXPECT_NE(svg.find("\xC3\xA9\xE2\x80\xA6</text>"), std::string::npos);
  EXPECT_EQ(svg.find("\\x"), std::string::npos) << "no half letter";
}

TEST(BarChart, EscapesNames) {
  const BarChart chart{"<b>&", "\"v\"", {"</text><script>"}, {{"<i>", {1}}}, 600, true};
  const std::string svg = bar_chart(chart);
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_EQ(svg.find("<b>"), std::string::npos);
  EXPECT_EQ(svg.find("<i>"), std::string::npos);
}

TEST(ChartParts, FilesHaveColoursOfTheirOwnAndPartsOfPagesHaveNone) {
  EXPECT_NE(open_svg("", 10, 20, true).find("prefers-color-scheme:dark"), std::string::npos);
  EXPECT_NE(open_svg("", 10, 20, true).find(" width=\"10\" height=\"20\""), std::string::npos);
  EXPECT_EQ(open_svg("", 10, 20, false).find("<style"), std::string::npos);
}

TEST(ChartParts, LegendsThatDoNotFitGoOnBelow) {
  EXPECT_EQ(legend_overhang({"a", "b", "c"}, 600), 0);
  const std::vector<std::string> names(10, "a name of some length");
  EXPECT_GT(legend_overhang(names, 600), 0);
  const std::string svg = legend(names, 600);
  for (size_t at = svg.find("<text"); at != std::string::npos; at = svg.find("<text", at + 1))
    EXPECT_LT(attribute(svg.substr(at), "x"), 600 - text_width(names[0]));
}

TEST(ChartParts, RangesTooSmallToTellApartAreFlat) {
  EXPECT_TRUE(is_flat({1, 1}));
  EXPECT_TRUE(is_flat({1, std::nextafter(1.0, 2.0)}));
  EXPECT_TRUE(is_flat({0, 5e-324}));
  EXPECT_TRUE(is_flat({0, NAN}));
  EXPECT_FALSE(is_flat({1, 1.001}));
  EXPECT_FALSE(is_flat({-1e300, 1e300}));
}

}  // namespace
}  // namespace mae
