// Lays out and draws a line chart.
#include "mae/report/svg_chart.h"

#include <algorithm>
#include <cmath>

#include "mae/report/chart_parts.h"

namespace mae {
namespace {

using Point = std::array<double, 2>;

constexpr size_t kMostPoints = 1000;  // of one drawn line: more than there are pixels

/// Where the axes lie, and from values to pixels.
struct Frame {
  double left = 60, right = 0, top = 0, bottom = 0;
  AxisRange x, y;
  double at_x(double value) const {
    return left + (value - x.low) / (x.high - x.low) * (right - left);
  }
  double at_y(double value) const {
    return bottom - (value - y.low) / (y.high - y.low) * (bottom - top);
  }
};

bool is_drawable(const Point& point) { return std::isfinite(point[0]) && std::isfinite(point[1]); }
AxisRange range_of(const Chart& chart, size_t axis);
std::vector<std::string> names_of(const Chart& chart);
Frame frame_of(const Chart& chart);
std::string axes(const Chart& chart, const Frame& frame);
std::string dots(const std::vector<Point>& points, const Frame& frame, const char* colour);
std::string line_path(const std::vector<Point>& points, const Frame& frame);
std::vector<Point> thinned(const std::vector<Point>& points);

}  // namespace

std::string svg_chart(const Chart& chart) {
  std::string svg = open_svg(chart.title, chart.width, chart.height, chart.svg_file);
  const bool is_empty =
      std::none_of(chart.series.begin(), chart.series.end(), [](const ChartSeries& series) {
        return std::any_of(series.points.begin(), series.points.end(), is_drawable);
      });
  if (is_empty) {
    svg +=
        text_at(chart.width / 2.0, chart.height / 2.0, "middle", "no data", " fill-opacity=\".6\"");
    return svg + "</svg>\n";
  }
  const Frame frame = frame_of(chart);
  svg += axes(chart, frame);
  for (size_t i = 0; i < chart.series.size(); ++i) {
    svg += "<path d=\"" + line_path(thinned(chart.series[i].points), frame) +
           "\" fill=\"none\" stroke=\"" + series_colour(i) +
           "\" stroke-width=\"2\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n";
    if (chart.mark_points) svg += dots(chart.series[i].points, frame, series_colour(i));
  }
  return svg + legend(names_of(chart), chart.width) + "</svg>\n";
}

std::vector<double> nice_ticks(double low, double high, int count) {
  if (is_flat({low, high})) return {low};
  const double rough = (high - low) / std::max(count, 1);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double lead = rough / power;
  const double step = power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
  std::vector<double> ticks;
  const double slack = 1e-9 * step;  // rounding must not lose the last tick
  for (double k = std::ceil((low - slack) / step); k * step <= high + slack; ++k)
    ticks.push_back(k * step);
  return ticks;
}

namespace {

AxisRange range_of(const Chart& chart, size_t axis) {
  double low = INFINITY, high = -INFINITY;
  for (const ChartSeries& series : chart.series) {
    for (const Point& point : series.points) {
      if (!is_drawable(point)) continue;
      low = std::min(low, point[axis]);
      high = std::max(high, point[axis]);
    }
  }
  if (!is_flat({low, high})) return {low, high};
  const double around = low == 0 ? 1 : std::abs(low) * 0.5;  // a flat line lies in the middle
  return {low - around, high + around};
}

std::vector<std::string> names_of(const Chart& chart) {
  std::vector<std::string> names;
  for (const ChartSeries& series : chart.series) names.push_back(series.name);
  return names;
}

Frame frame_of(const Chart& chart) {
  Frame frame;
  frame.right = chart.width - 16;
  frame.top = 48 + legend_overhang(names_of(chart), chart.width);
  frame.bottom = chart.height - 44;
  frame.x = range_of(chart, 0);
  frame.y = widened_to_ticks(range_of(chart, 1));
  return frame;
}

std::string axes(const Chart& chart, const Frame& frame) {
  std::string svg;
  const std::vector<double> y_ticks = nice_ticks(frame.y.low, frame.y.high, 5);
  const std::vector<std::string> y_labels = tick_labels(y_ticks);
  for (size_t i = 0; i < y_ticks.size(); ++i) {
    const double y = frame.at_y(y_ticks[i]);
    svg += "<path d=\"M" + px(frame.left) + " " + px(y) + "H" + px(frame.right) +
           "\" stroke=\"currentColor\" stroke-opacity=\".15\"/>\n";
    svg += text_at(frame.left - 8, y + 4, "end", y_labels[i], " fill-opacity=\".75\"");
  }
  const std::vector<double> x_ticks = nice_ticks(frame.x.low, frame.x.high, 8);
  const std::vector<std::string> x_labels = tick_labels(x_ticks);
  for (size_t i = 0; i < x_ticks.size(); ++i) {
    const double x = frame.at_x(x_ticks[i]);
    svg += "<path d=\"M" + px(x) + " " + px(frame.bottom) +
           "v5\" stroke=\"currentColor\" stroke-opacity=\".5\"/>\n";
    svg += text_at(x, frame.bottom + 18, "middle", x_labels[i], " fill-opacity=\".75\"");
  }
  svg += "<path d=\"M" + px(frame.left) + " " + px(frame.bottom) + "H" + px(frame.right) +
         "\" stroke=\"currentColor\" stroke-opacity=\".5\"/>\n";
  const double middle_x = (frame.left + frame.right) / 2, middle_y = (frame.top + frame.bottom) / 2;
  svg += text_at(middle_x, chart.height - 6, "middle", chart.x_label);
  return svg + text_at(14, middle_y, "middle", chart.y_label,
                       " transform=\"rotate(-90 14 " + px(middle_y) + ")\"");
}

std::string dots(const std::vector<Point>& points, const Frame& frame, const char* colour) {
  std::string svg;
  for (const Point& point : points) {
    if (!is_drawable(point)) continue;
    svg += "<circle cx=\"" + px(frame.at_x(point[0])) + "\" cy=\"" + px(frame.at_y(point[1])) +
           "\" r=\"3.5\" fill=\"" + colour + "\"/>\n";
  }
  return svg;
}

std::string line_path(const std::vector<Point>& points, const Frame& frame) {
  std::string path;
  for (size_t i = 0; i < points.size(); ++i) {
    if (!is_drawable(points[i])) continue;
    const bool begins = i == 0 || !is_drawable(points[i - 1]);
    path +=
        (begins ? "M" : "L") + px(frame.at_x(points[i][0])) + " " + px(frame.at_y(points[i][1]));
    const bool stands_alone = begins && (i + 1 == points.size() || !is_drawable(points[i + 1]));
    if (stands_alone) path += "h0";  // round ends make a dot of it
  }
  return path;
}

/// The lowest and the highest point of each of many equal stretches, in order; a stretch with a gap
/// keeps the gap.
std::vector<Point> thinned(const std::vector<Point>& points) {
  if (points.size() <= kMostPoints) return points;
  std::vector<Point> out;
  const size_t stretches = kMostPoints / 2;
  for (size_t s = 0; s < stretches; ++s) {
    const auto first = points.begin() + s * points.size() / stretches;
    const auto last = points.begin() + (s + 1) * points.size() / stretches;
    const auto gap = std::find_if_not(first, last, is_drawable);
    if (gap != last) {
      out.push_back(*gap);
      continue;
    }
    auto [low, high] = std::minmax_element(
        first, last, [](const Point& a, const Point& b) { return a[1] < b[1]; });
    if (high < low) std::swap(low, high);
    out.push_back(*low);
    if (low != high) out.push_back(*high);
  }
  return out;
}

}  // namespace
}  // namespace mae
