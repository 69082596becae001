// What line and bar charts have in common: the opening of the drawing, axes' numbers, colours,
// names of series. Private to report.
#pragma once

#include <string>
#include <vector>

namespace mae {

/// Ends of an axis, in the units of the values.
struct AxisRange {
  double low = 0, high = 1;
};

/// Whether the ends are so near that ticks between them would not be told apart in double.
bool is_flat(AxisRange range);

/// Colour of a series, "#rrggbb"; they repeat after six.
const char* series_colour(size_t series);

/// The start tag of the drawing and its title. An svg_file also has a size, a background and
/// colours of its own for light and dark surroundings; otherwise text takes those of the page.
std::string open_svg(const std::string& title, int width, int height, bool svg_file);

/// Both ends moved outwards to ticks, so that what is drawn keeps clear of the edges.
AxisRange widened_to_ticks(AxisRange range);

/// Decimals as the distance of the ticks asks for; very large and very small numbers with an
/// exponent.
std::vector<std::string> tick_labels(const std::vector<double>& ticks);

/// Names beside short strokes below the title, in as many lines as the width asks for. Empty names
/// are left out: a single curve needs none.
std::string legend(const std::vector<std::string>& names, int width);
/// How far below the title the legend reaches past its first line, in pixels.
double legend_overhang(const std::vector<std::string>& names, int width);

/// A <text> element, escaped; nothing for an empty text. `more` are further attributes.
std::string text_at(double x, double y, const char* anchor, const std::string& text,
                    const std::string& more = "");

/// About how wide a text is in the drawing's font, in pixels.
double text_width(const std::string& text);

/// A coordinate with one decimal.
std::string px(double value);

}  // namespace mae
