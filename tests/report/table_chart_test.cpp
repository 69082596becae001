// Tables as tools print them become lines or bars; everything else is refused by name.
#include "mae/report/table_chart.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/report/embedded_provenance.h"

namespace mae {
namespace {

class TableChartTest : public testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/table_chart.XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
  }
  void TearDown() override { std::system(("rm -r " + folder_).c_str()); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }
  ResultTable table(const std::string& text) const {
    return read_result_table(write("t.tsv", text));
  }
  TableChart draw(const std::string& text, const TableChartOptions& options = {}) const {
    return draw_tables({table(text)}, options);
  }

  std::string folder_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(TableChartTest, ReadsHeaderRowsAndGaps) {
  const ResultTable read = table("k\ttop1\ttop5\r\n1\t2.5\t-\n\n2\t\t9\n");
  EXPECT_EQ(read.columns, (std::vector<std::string>{"k", "top1", "top5"}));
  EXPECT_EQ(read.rows, (std::vector<std::vector<std::string>>{{"1", "2.5", "-"}, {"2", "", "9"}}));
}

TEST_F(TableChartTest, NumbersInFrontMakeLinesAndWordsMakeBars) {
  const TableChart lines = draw("ratio\tours\tpaper\n0.5\t40\t70\n0.75\t50\t73.5\n");
  EXPECT_FALSE(lines.has_bars);
  EXPECT_EQ(lines.series, 2u);
  EXPECT_EQ(lines.rows, 2u);
  EXPECT_TRUE(contains(lines.svg, ">ratio</text>"));
  EXPECT_TRUE(contains(lines.svg, ">paper</text>"));
  const TableChart bars = draw("target\tours\npixels\t40\ntokens\t50\n", {{}, "Targets"});
  EXPECT_TRUE(bars.has_bars);
  EXPECT_EQ(bars.rows, 2u);
  EXPECT_TRUE(contains(bars.svg, ">tokens</text>"));
  EXPECT_TRUE(contains(bars.svg, ">Targets</text>"));
}

TEST_F(TableChartTest, PointsOfALineGoFromLeftToRight) {
  const auto path_of = [](const std::string& svg) {
    const size_t at = svg.find("stroke-width=\"2\"");
    return svg.substr(svg.rfind("<path", at), at - svg.rfind("<path", at));
  };
  EXPECT_EQ(path_of(draw("x\ty\n3\t1\n1\t2\n2\t5\n").svg),
            path_of(draw("x\ty\n1\t2\n2\t5\n3\t1\n").svg));
}

TEST_F(TableChartTest, ColumnsOfWordsAreLeftOutUnlessNamed) {
  const std::string text = "name\tmethod\ttop1\ttop5\na\tknn\t1\t2\nb\tlinear\t3\t4\n";
  EXPECT_EQ(draw(text).series, 2u);
  EXPECT_EQ(draw(text, {{"top5"}, ""}).series, 1u);
  EXPECT_THROW(draw(text, {{"method"}, ""}), DataError);
  EXPECT_THROW(draw(text, {{"top9"}, ""}), UsageError);
  EXPECT_THROW(draw(text, {{"name"}, ""}), UsageError);
}

TEST_F(TableChartTest, SeveralTablesAreSeveralSeries) {
  const auto named = [&](const std::string& name, const std::string& text) {
    return read_result_table(write(name, text));
  };
  const TableChart one_column = draw_tables(
      {named("first.tsv", "m\ttop1\na\t1\nb\t2\n"), named("second.tsv", "m\ttop1\nb\t3\nc\t4\n")},
      {});
  EXPECT_EQ(one_column.series, 2u);
  EXPECT_EQ(one_column.rows, 3u) << "a, b and c";
  EXPECT_TRUE(contains(one_column.svg, ">first</text>"));
  const TableChart two_columns = draw_tables(
      {named("first.tsv", "m\tx\ty\na\t1\t2\n"), named("second.tsv", "m\tx\ty\na\t1\t2\n")}, {});
  EXPECT_TRUE(contains(two_columns.svg, ">second: y</text>"));
}

TEST_F(TableChartTest, RefusesWhatItCannotDraw) {
  EXPECT_THROW(read_result_table(path("missing.tsv")), DataError);
  EXPECT_THROW(table(""), DataError);
  EXPECT_THROW(table("only\ta header\n"), DataError);
  EXPECT_THROW(table("a\tb\n1\t2\t3\n"), DataError);
  EXPECT_THROW(draw("a\n1\n"), DataError);
  EXPECT_THROW(draw("a\tb\nx\ty\n"), DataError) << "no numbers";
  EXPECT_THROW(draw("a\tb\nx\t1\ny\tlow\n"), DataError) << "a word among numbers";
  EXPECT_THROW(draw("a\tb\nx\t1\ny\t1e400\n"), DataError);
  EXPECT_THROW(draw("a\tb\nx\t1\nx\t2\n"), DataError) << "a label twice";
  std::string many = "a\tb\n", wide = "a", row = "1";
  for (int i = 0; i < 101; ++i) many += "n" + std::to_string(i) + "\t1\n";
  EXPECT_THROW(draw(many), DataError);
  for (int i = 0; i < 13; ++i) wide += "\tc" + std::to_string(i), row += "\t1";
  EXPECT_THROW(draw(wide + "\n" + row + "\n"), DataError);
}

TEST_F(TableChartTest, ExtremeNumbersEnd) {
  draw("x\ty\n1\t1\n2\t1.0000000000000002\n");
  draw("x\ty\n0\t0\n5e-324\t5e-324\n");
  const std::string svg = draw("x\ty\n-1e300\t-1e300\n1e300\t1e300\n").svg;
  EXPECT_FALSE(contains(svg, "nan"));
  EXPECT_FALSE(contains(svg, "inf"));
}

TEST_F(TableChartTest, ForeignTextStaysText) {
  const TableChart chart = draw("<a>\t<b>\n</text><script>\t1\nx\t2\n", {{}, "<img onerror=x>"});
  EXPECT_FALSE(contains(chart.svg, "<script"));
  EXPECT_FALSE(contains(chart.svg, "<img"));
  EXPECT_FALSE(contains(chart.svg, "<b>"));
}

TEST_F(TableChartTest, WritesAPictureWithItsProvenance) {
  const std::string input = write("t.tsv", "x\ty\n1\t1\n2\t2\n");
  write_table_chart({input}, path("t.svg"), {});
  const std::string svg = read_file(path("t.svg"));
  EXPECT_EQ(svg.rfind("<svg ", 0), 0u);
  EXPECT_EQ(embedded_provenance(svg)->at("inputs")[0]["name"], input);
  EXPECT_THROW(write_table_chart({input}, path("t.png"), {}), UsageError);
  EXPECT_THROW(write_table_chart({}, path("u.svg"), {}), UsageError);
}

}  // namespace
}  // namespace mae
