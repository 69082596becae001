// Bars lie: names of variants are long, and a column of them reads like the table it comes from.
#include "mae/report/bar_chart.h"

#include <algorithm>
#include <cmath>

#include "mae/report/chart_parts.h"
#include "mae/report/number_text.h"
#include "mae/report/svg_chart.h"

namespace mae {
namespace {

constexpr double kBar = 14, kBetweenRows = 12;  // pixels
constexpr double kWidestName = 210;

/// Where bars lie, and from values to pixels.
struct BarFrame {
  double left = 0, right = 0, top = 0, bottom = 0;
  AxisRange x;
  double at(double value) const {
    return left + (value - x.low) / (x.high - x.low) * (right - left);
  }
};

BarFrame frame_of(const BarChart& chart, const std::vector<std::string>& names);
AxisRange range_of(const BarChart& chart);
std::string axis(const BarChart& chart, const BarFrame& frame);
std::string row(const BarChart& chart, const BarFrame& frame, size_t category);
std::string shortened(const std::string& name);
std::string value_text(double value);

}  // namespace

std::string bar_chart(const BarChart& chart) {
  std::vector<std::string> names;
  for (const BarSeries& series : chart.series) names.push_back(series.name);
  const BarFrame frame = frame_of(chart, names);
  const int height = static_cast<int>(frame.bottom) + 44;
  std::string svg = open_svg(chart.title, chart.width, height, chart.svg_file);
  svg += axis(chart, frame);
  for (size_t i = 0; i < chart.categories.size(); ++i) svg += row(chart, frame, i);
  return svg + legend(names, chart.width) + "</svg>\n";
}

namespace {

BarFrame frame_of(const BarChart& chart, const std::vector<std::string>& names) {
  BarFrame frame;
  for (const std::string& name : chart.categories)
    frame.left = std::max(frame.left, text_width(shortened(name)));
  frame.left = std::max(60.0, frame.left + 24);
  frame.right = chart.width - 60;  // the longest bar's value stands behind it
  frame.top = 52 + legend_overhang(names, chart.width);
  const double one_row = kBar * static_cast<double>(chart.series.size()) + kBetweenRows;
  frame.bottom = frame.top + one_row * static_cast<double>(chart.categories.size());
  frame.x = widened_to_ticks(range_of(chart));
  return frame;
}

/// Zero is always inside: the length of a bar is what the eye compares.
AxisRange range_of(const BarChart& chart) {
  AxisRange range{0, 0};
  for (const BarSeries& series : chart.series) {
    for (const double value : series.values) {
      if (!std::isfinite(value)) continue;
      range.low = std::min(range.low, value);
      range.high = std::max(range.high, value);
    }
  }
  if (is_flat(range)) range.high = 1;
  return range;
}

std::string axis(const BarChart& chart, const BarFrame& frame) {
  std::string svg;
  const std::vector<double> ticks = nice_ticks(frame.x.low, frame.x.high, 6);
  const std::vector<std::string> labels = tick_labels(ticks);
  const std::string down = " " + px(frame.top - 4) + "V" + px(frame.bottom);
  for (size_t i = 0; i < ticks.size(); ++i) {
    const double x = frame.at(ticks[i]);
    svg += "<path d=\"M" + px(x) + down + "\" stroke=\"currentColor\" stroke-opacity=\".15\"/>\n";
    svg += text_at(x, frame.bottom + 16, "middle", labels[i], " fill-opacity=\".75\"");
  }
  svg += "<path d=\"M" + px(frame.at(0)) + down +
         "\" stroke=\"currentColor\" stroke-opacity=\".5\"/>\n";
  return svg +
         text_at((frame.left + frame.right) / 2, frame.bottom + 36, "middle", chart.value_label);
}

std::string row(const BarChart& chart, const BarFrame& frame, size_t category) {
  const double bars = kBar * static_cast<double>(chart.series.size());
  const double top = frame.top + (bars + kBetweenRows) * static_cast<double>(category);
  std::string svg =
      text_at(frame.left - 8, top + bars / 2 + 4, "end", shortened(chart.categories[category]));
  for (size_t i = 0; i < chart.series.size(); ++i) {
    const double value = chart.series[i].values.at(category);
    if (!std::isfinite(value)) continue;
    const double y = top + kBar * static_cast<double>(i);
    const double from = std::min(frame.at(0), frame.at(value));
    const double to = std::max(frame.at(0), frame.at(value));
    svg += "<rect x=\"" + px(from) + "\" y=\"" + px(y + 1) + "\" width=\"" + px(to - from) +
           "\" height=\"" + px(kBar - 2) + "\" rx=\"2\" fill=\"" + series_colour(i) + "\"/>\n";
    svg += text_at(to + 6, y + kBar - 3, "start", value_text(value), " font-size=\"11\"");
  }
  return svg;
}

/// Cut between letters, so that it stays valid UTF-8.
std::string shortened(const std::string& name) {
  if (text_width(name) <= kWidestName) return name;
  std::string part = name;
  while (text_width(part) > kWidestName - 7 ||
         (part.size() < name.size() &&
          (static_cast<unsigned char>(name[part.size()]) & 0xC0) == 0x80)) {
    part.pop_back();
  }
  return part + "\xE2\x80\xA6";
}

std::string value_text(double value) { return short_text(value, std::abs(value) < 1000 ? 4 : 7); }

}  // namespace
}  // namespace mae
