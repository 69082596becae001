// Tables of results, as the tools print them, drawn as a chart.
#pragma once

#include <string>
#include <vector>

namespace mae {

/// A tab-separated table with a header line.
struct ResultTable {
  std::string path;  ///< for messages
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< as many fields each as there are columns
};

/// Reads one; "-" is standard input. Empty lines and carriage returns at line ends are dropped.
/// throws DataError  missing, no header or no rows, rows of other lengths
ResultTable read_result_table(const std::string& path);

struct TableChartOptions {
  std::vector<std::string> columns;  ///< to draw; empty: all that hold numbers
  std::string title;
};

struct TableChart {
  std::string svg;  ///< a file's whole text
  bool has_bars = false;
  size_t series = 0, rows = 0;  ///< rows: of a line its points, of bars their categories
};

/// The first column holds the labels, the others values; a field that is empty, "-" or nan is a
/// gap. Where all labels are numbers a line goes over them, else every label gets bars. The
/// columns of one table are its series; several tables give a series each, or one a column, named
/// after the files.
/// throws UsageError  a column that a table lacks
///        DataError   words among numbers, nothing to draw, a label twice where bars are drawn,
///        more
///                    than 100 labels or 12 series
TableChart draw_tables(const std::vector<ResultTable>& tables, const TableChartOptions& options);

/// Reads the tables, draws them and writes the picture, which keeps its provenance in a comment.
/// output  FILE.svg, or "-" for standard output
/// throws  as the other two, and UsageError for another suffix
TableChart write_table_chart(const std::vector<std::string>& paths, const std::string& output,
                             const TableChartOptions& options);

}  // namespace mae
