// Positions are in pixels of the drawing, whose origin is the upper left corner.
#include "mae/report/chart_parts.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "mae/report/escape.h"
#include "mae/report/number_text.h"
#include "mae/report/svg_chart.h"

namespace mae {
namespace {

constexpr std::array<const char*, 6> kColours = {"#3b82f6", "#f97316", "#10b981",
                                                 "#a855f7", "#ef4444", "#0891b2"};
constexpr double kLegendLeft = 60, kLegendLine = 18;  // pixels
constexpr double kLetter = 7;                         // a letter's width, on average

/// Where the names of a legend stand.
struct LegendPlace {
  double x = kLegendLeft;
  int line = 0;
};

std::vector<LegendPlace> legend_places(const std::vector<std::string>& names, int width) {
  std::vector<LegendPlace> places;
  LegendPlace next;
  for (const std::string& name : names) {
    const double needed = name.empty() ? 0 : 22 + text_width(name);
    if (next.x > kLegendLeft && next.x + needed > width) next = {kLegendLeft, next.line + 1};
    places.push_back(next);
    if (!name.empty()) next.x += needed + 22;
  }
  return places;
}

}  // namespace

bool is_flat(AxisRange range) {
  const double length = range.high - range.low;
  const double size = std::max(std::abs(range.low), std::abs(range.high));
  return !(length > 1e-9 * size && length > 1e-300);
}

const char* series_colour(size_t series) { return kColours[series % kColours.size()]; }

std::string open_svg(const std::string& title, int width, int height, bool svg_file) {
  const std::string w = std::to_string(width), h = std::to_string(height);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" ";
  if (svg_file) svg += "width=\"" + w + "\" height=\"" + h + "\" ";
  svg += "viewBox=\"0 0 " + w + " " + h + "\" role=\"img\" aria-label=\"" + escape_html(title) +
         "\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"currentColor\">\n";
  if (svg_file) {
    svg +=
        "<style>svg{color:#1f2328}.paper{fill:#fff}@media(prefers-color-scheme:dark){"
        "svg{color:#e6edf3}.paper{fill:#0d1117}}</style>\n"
        "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n";
  }
  return svg + text_at(kLegendLeft, 20, "start", title, " font-size=\"15\" font-weight=\"600\"");
}

AxisRange widened_to_ticks(AxisRange range) {
  const std::vector<double> ticks = nice_ticks(range.low, range.high, 5);
  if (ticks.size() < 2) return range;
  const double step = ticks[1] - ticks[0];
  return {ticks.front() > range.low ? ticks.front() - step : ticks.front(),
          ticks.back() < range.high ? ticks.back() + step : ticks.back()};
}

std::vector<std::string> tick_labels(const std::vector<double>& ticks) {
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
  const int digits = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  const double largest = std::max(std::abs(ticks.front()), std::abs(ticks.back()));
  std::vector<std::string> labels;
  for (const double tick : ticks) {
    const bool is_plain = digits <= 5 && largest < 1e6;
    labels.push_back(is_plain ? fixed_text(tick, digits)
                              : short_text(std::abs(tick) < step / 2 ? 0 : tick, 4));
  }
  return labels;
}

std::string legend(const std::vector<std::string>& names, int width) {
  const std::vector<LegendPlace> places = legend_places(names, width);
  std::string svg;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    const double x = places[i].x, y = 34 + kLegendLine * places[i].line;
    svg += "<path d=\"M" + px(x) + " " + short_text(y) + "h16\" stroke=\"" + series_colour(i) +
           "\" stroke-width=\"3\" stroke-linecap=\"round\"/>\n" +
           text_at(x + 22, y + 4, "start", names[i]);
  }
  return svg;
}

double legend_overhang(const std::vector<std::string>& names, int width) {
  const std::vector<LegendPlace> places = legend_places(names, width);
  return places.empty() ? 0 : kLegendLine * places.back().line;
}

std::string text_at(double x, double y, const char* anchor, const std::string& text,
                    const std::string& more) {
  if (text.empty()) return "";
  return "<text x=\"" + px(x) + "\" y=\"" + px(y) + "\" text-anchor=\"" + anchor + "\"" + more +
         ">" + escape_html(text) + "</text>\n";
}

double text_width(const std::string& text) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // not a further byte of a letter
  });
  return kLetter * static_cast<double>(letters);
}

std::string px(double value) { return fixed_text(value, 1); }

}  // namespace mae
