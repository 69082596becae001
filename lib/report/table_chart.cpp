// Tables are read strictly: a chart that leaves out what it did not understand would lie.
#include "mae/report/table_chart.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "mae/base/atomic_file.h"
#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/text.h"
#include "mae/report/bar_chart.h"
#include "mae/report/embedded_provenance.h"
#include "mae/report/svg_chart.h"

namespace mae {
namespace {

constexpr size_t kMostBars = 100, kMostSeries = 12;
constexpr int64_t kMostBytes = int64_t{16} << 20;
constexpr double kLargest = 1e300;  // so that the length of an axis is finite

/// One column of one table.
struct Values {
  std::string name;
  std::vector<std::string> labels;
  std::vector<double> values;  // NaN in gaps
};

std::vector<std::string> split(const std::string& text, char by);
std::optional<double> number_of(const std::string& field);
bool is_gap(const std::string& field);
std::string in_quotes(const std::string& field);
std::vector<size_t> columns_to_draw(const ResultTable& table, const TableChartOptions& options);
Values values_of(const ResultTable& table, size_t column);
std::vector<Values> all_values(const std::vector<ResultTable>& tables,
                               const TableChartOptions& options);
TableChart draw_line(const std::vector<Values>& all, const ResultTable& first,
                     const std::string& title);
TableChart draw_bars(const std::vector<Values>& all, const ResultTable& first,
                     const std::string& title);

}  // namespace

ResultTable read_result_table(const std::string& path) {
  ResultTable table;
  table.path = path == "-" ? "standard input" : path;
  const std::string text =
      path == "-" ? read_standard_input(kMostBytes) : read_file(path, kMostBytes);
  size_t number = 0;
  for (std::string line : split(text, '\n')) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    std::vector<std::string> fields = split(line, '\t');
    if (table.columns.empty()) {
      table.columns = std::move(fields);
      continue;
    }
    if (fields.size() != table.columns.size()) {
      throw DataError("a line of " + std::to_string(fields.size()) + " fields; expected " +
                          std::to_string(table.columns.size()) + " as in the header",
                      table.path + ":" + std::to_string(number), "separate fields by one tab each");
    }
    table.rows.push_back(std::move(fields));
  }
  if (table.rows.empty()) {
    throw DataError("the table has no rows", table.path,
                    "give a header line and a line for each result");
  }
  return table;
}

TableChart write_table_chart(const std::vector<std::string>& paths, const std::string& output,
                             const TableChartOptions& options) {
  if (output != "-" && !ends_with(output, ".svg")) {
    throw UsageError("a chart is written as SVG", output, "end the name in .svg");
  }
  Provenance provenance = process_provenance();
  std::vector<ResultTable> tables;
  for (const std::string& path : paths) {
    tables.push_back(read_result_table(path));
    if (path != "-") provenance.inputs.push_back({path, digest_of_file(path)});
  }
  const TableChart chart = draw_tables(tables, options);
  write_file_atomically(output, html_with_provenance(chart.svg, provenance));
  return chart;
}

TableChart draw_tables(const std::vector<ResultTable>& tables, const TableChartOptions& options) {
  if (tables.empty()) throw UsageError("no tables to draw", "--chart", "name TSV files");
  const std::vector<Values> all = all_values(tables, options);
  if (all.size() > kMostSeries) {
    throw DataError(std::to_string(all.size()) + " series to draw; expected at most " +
                        std::to_string(kMostSeries),
                    tables.front().path, "choose some with --column");
  }
  const bool is_line = std::all_of(all.begin(), all.end(), [](const Values& values) {
    return std::all_of(values.labels.begin(), values.labels.end(),
                       [](const std::string& label) { return number_of(label).has_value(); });
  });
  return is_line ? draw_line(all, tables.front(), options.title)
                 : draw_bars(all, tables.front(), options.title);
}

namespace {

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  size_t start = 0;
  for (size_t end = text.find(by); end != std::string::npos; end = text.find(by, start)) {
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  parts.push_back(text.substr(start));
  return parts;
}

/// A number that is the whole field.
std::optional<double> number_of(const std::string& field) {
  double value = 0;
  const char* end = field.data() + field.size();
  const auto result = std::from_chars(field.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end || !(std::abs(value) <= kLargest))
    return std::nullopt;
  return value;
}

/// For messages, whatever the file holds.
std::string in_quotes(const std::string& field) {
  constexpr size_t kShown = 40;
  return "'" + (field.size() <= kShown ? field : field.substr(0, kShown) + "...") + "'";
}

bool is_gap(const std::string& field) { return field.empty() || field == "-" || field == "nan"; }

/// Without a choice: every column whose first value is a number.
std::vector<size_t> columns_to_draw(const ResultTable& table, const TableChartOptions& options) {
  std::vector<size_t> chosen;
  for (const std::string& name : options.columns) {
    const auto found = std::find(table.columns.begin() + 1, table.columns.end(), name);
    if (found == table.columns.end()) {
      std::vector<std::string> known;
      for (size_t i = 1; i < table.columns.size(); ++i)
        known.push_back(in_quotes(table.columns[i]));
      throw UsageError("the table has no column '" + name + "'; it has " + join_names(known),
                       table.path, "name one of these with --column");
    }
    chosen.push_back(static_cast<size_t>(found - table.columns.begin()));
  }
  for (size_t i = 1; options.columns.empty() && i < table.columns.size(); ++i) {
    const auto filled = std::find_if(table.rows.begin(), table.rows.end(),
                                     [i](const auto& row) { return !is_gap(row[i]); });
    if (filled != table.rows.end() && number_of((*filled)[i])) chosen.push_back(i);
  }
  return chosen;
}

Values values_of(const ResultTable& table, size_t column) {
  Values values;
  values.name = table.columns[column];
  for (const std::vector<std::string>& row : table.rows) {
    const std::string& field = row[column];
    const std::optional<double> number = number_of(field);
    if (!number && !is_gap(field)) {
      throw DataError(in_quotes(field) + " in the row " + in_quotes(row[0]) +
                          " is not a number; expected numbers in the column " +
                          in_quotes(values.name),
                      table.path, "leave a field empty where nothing was measured");
    }
    values.labels.push_back(row[0]);
    values.values.push_back(number.value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  return values;
}

/// File names without folder and suffix, or whole paths where that would be ambiguous.
std::vector<std::string> table_names(const std::vector<ResultTable>& tables) {
  std::vector<std::string> names, paths;
  for (const ResultTable& table : tables) {
    const std::string file = table.path.substr(table.path.rfind('/') + 1);
    names.push_back(file.substr(0, file.rfind('.')));
    paths.push_back(table.path);
  }
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end() ? names : paths;
}

std::vector<Values> all_values(const std::vector<ResultTable>& tables,
                               const TableChartOptions& options) {
  const std::vector<std::string> names = table_names(tables);
  std::vector<Values> all;
  for (size_t i = 0; i < tables.size(); ++i) {
    const std::vector<size_t> columns = columns_to_draw(tables[i], options);
    if (columns.empty()) {
      throw DataError("no column but the first holds numbers", tables[i].path,
                      "expected a table of results, labels first");
    }
    for (const size_t column : columns) {
      Values values = values_of(tables[i], column);
      if (tables.size() > 1)
        values.name = columns.size() == 1 ? names[i] : names[i] + ": " + values.name;
      all.push_back(std::move(values));
    }
  }
  return all;
}

/// A single series is named on its axis and needs no legend.
std::string value_axis(std::vector<Values>& all) {
  if (all.size() > 1) return "";
  return std::exchange(all.front().name, "");
}

TableChart draw_line(const std::vector<Values>& given, const ResultTable& first,
                     const std::string& title) {
  std::vector<Values> all = given;
  Chart chart;
  chart.title = title;
  chart.x_label = first.columns[0];
  chart.y_label = value_axis(all);
  chart.svg_file = true;
  TableChart drawn;
  for (const Values& values : all) {
    ChartSeries series{values.name, {}};
    for (size_t i = 0; i < values.labels.size(); ++i)
      series.points.push_back({*number_of(values.labels[i]), values.values[i]});
    std::stable_sort(series.points.begin(), series.points.end(),
                     [](const auto& a, const auto& b) { return a[0] < b[0]; });
    drawn.rows = std::max(drawn.rows, series.points.size());
    chart.series.push_back(std::move(series));
  }
  chart.mark_points = drawn.rows <= kMostBars;
  drawn.svg = svg_chart(chart);
  drawn.series = chart.series.size();
  return drawn;
}

TableChart draw_bars(const std::vector<Values>& given, const ResultTable& first,
                     const std::string& title) {
  std::vector<Values> all = given;
  BarChart chart;
  chart.title = title;
  chart.value_label = value_axis(all);
  chart.svg_file = true;
  for (const Values& values : all) {
    for (const std::string& label : values.labels) {
      if (std::count(values.labels.begin(), values.labels.end(), label) > 1) {
        throw DataError("the label " + in_quotes(label) + " comes twice", first.path,
                        "bars need a first column that tells the rows apart");
      }
      auto& known = chart.categories;
      if (std::find(known.begin(), known.end(), label) == known.end()) known.push_back(label);
    }
    if (chart.categories.size() > kMostBars) {
      throw DataError("more than " + std::to_string(kMostBars) + " labels to draw bars for",
                      first.path, "draw a part of the table");
    }
  }
  for (const Values& values : all) {
    BarSeries series{values.name, {}};
    for (const std::string& label : chart.categories) {
      const auto found = std::find(values.labels.begin(), values.labels.end(), label);
      series.values.push_back(
          found == values.labels.end()
              ? std::numeric_limits<double>::quiet_NaN()
              : values.values[static_cast<size_t>(found - values.labels.begin())]);
    }
    chart.series.push_back(std::move(series));
  }
  return {bar_chart(chart), true, chart.series.size(), chart.categories.size()};
}

}  // namespace
}  // namespace mae
