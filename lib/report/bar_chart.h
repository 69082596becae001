// Bar charts as SVG text: results of named variants.
#pragma once

#include <string>
#include <vector>

namespace mae {

struct BarSeries {
  std::string name;
  std::vector<double> values;  ///< one a category; one that is not finite has no bar
};

struct BarChart {
  std::string title, value_label;
  std::vector<std::string> categories;
  std::vector<BarSeries> series;
  int width = 600;        ///< of the drawing; the height follows from the number of bars
  bool svg_file = false;  ///< as in Chart
};

/// One <svg> element: a row for each category, in it a bar from zero for each series with its value
/// behind it. Long names of categories are cut. What svg_chart() promises holds here too.
/// Precondition: every series has a value for each category.
std::string bar_chart(const BarChart& chart);

}  // namespace mae
