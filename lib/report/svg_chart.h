// Line charts as SVG text: training curves for the HTML report, and accuracies over a setting.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace mae {

struct ChartSeries {
  std::string name;
  std::vector<std::array<double, 2>> points;  ///< (x, y); a y that is not finite leaves a gap
};

struct Chart {
  std::string title, x_label, y_label;
  std::vector<ChartSeries> series;
  int width = 600, height = 300;  ///< of the drawing; it scales with its container
  bool mark_points = false;       ///< a dot on every point, for few measured ones
  bool svg_file = false;  ///< a picture of its own: with size, background and colours for light and
                          ///< dark surroundings
};

/// One <svg> element without scripts or outside references, and without style sheets unless it is
/// an svg_file. Text takes the colour of its surroundings, so that it is readable in light and dark
/// pages. Equal charts give equal text. Long series are thinned, keeping their extremes.
std::string svg_chart(const Chart& chart);

/// Round numbers (1, 2, 5 times a power of ten apart) between `low` and `high`, about `count` of
/// them, for an axis.
std::vector<double> nice_ticks(double low, double high, int count);

}  // namespace mae
