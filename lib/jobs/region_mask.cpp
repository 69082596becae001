// Painted and listed regions become one mask over the patch grid.
#include "mae/jobs/region_mask.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/media/image_decode.h"

namespace mae {
namespace {

/// First and last of a run of rows, columns or indices, both included.
struct Span {
  int64_t first = 0, last = 0;
};

void check_region(const std::vector<uint8_t>& mask, const std::string& path);
std::vector<double> add_up_columns(const Image& image, int64_t y, int64_t columns);
bool is_painted(const Image& image, int64_t y, int64_t x);
void hide_entry(const std::string& entry, Size2d grid, const std::string& where,
                std::vector<uint8_t>* mask);
Span parse_span(const std::string& text, int64_t count, const std::string& what,
                const std::string& where);
int64_t parse_number(const std::string& text, const std::string& where);

}  // namespace

std::vector<uint8_t> region_from_image(const std::string& path, Size2d grid) {
  const std::vector<double> share =
      painted_share(decode_image(read_file(path), path, DecodeOptions{}), grid);
  std::vector<uint8_t> mask(share.size());
  std::transform(share.begin(), share.end(), mask.begin(),
                 [](double painted) { return painted > 0.5 ? 1 : 0; });
  check_region(mask, path);
  return mask;
}

std::vector<double> painted_share(const Image& image, Size2d grid) {
  std::vector<double> share(static_cast<size_t>(grid.area()), 0.0);
  const double cell = static_cast<double>(image.height) / static_cast<double>(grid.height);
  for (int64_t y = 0; y < image.height; ++y) {
    const std::vector<double> painted = add_up_columns(image, y, grid.width);
    const auto top = static_cast<double>(y), bottom = top + 1;
    for (int64_t r = static_cast<int64_t>(top / cell); r < grid.height && cell * r < bottom; ++r) {
      const double height =
          std::min(bottom, cell * static_cast<double>(r + 1)) - std::max(top, cell * r);
      if (height <= 0) continue;
      for (int64_t c = 0; c < grid.width; ++c) share[r * grid.width + c] += height * painted[c];
    }
  }
  const double cell_area =
      cell * static_cast<double>(image.width) / static_cast<double>(grid.width);
  for (double& value : share) value /= cell_area;
  return share;
}

std::vector<uint8_t> region_from_list(const std::string& path, Size2d grid) {
  std::vector<uint8_t> mask(static_cast<size_t>(grid.area()), 0);
  std::istringstream lines(read_file(path));
  std::string line;
  for (int64_t number = 1; std::getline(lines, line); ++number) {
    std::istringstream entries(line.substr(0, line.find('#')));
    std::string entry;
    while (entries >> entry) hide_entry(entry, grid, path + ":" + std::to_string(number), &mask);
  }
  check_region(mask, path);
  return mask;
}

namespace {

void check_region(const std::vector<uint8_t>& mask, const std::string& path) {
  const auto hidden = std::count(mask.begin(), mask.end(), 1);
  if (hidden == 0) {
    throw DataError("the region hides no patch", path,
                    "a patch is hidden when more than half of it is painted, or when it is listed");
  }
  if (hidden == static_cast<int64_t>(mask.size())) {
    throw DataError("the region hides every patch", path, "leave at least one patch visible");
  }
}

/// Painted length of pixel row y within each of `columns` equal parts of the width, in pixels.
std::vector<double> add_up_columns(const Image& image, int64_t y, int64_t columns) {
  std::vector<double> length(static_cast<size_t>(columns), 0.0);
  const double cell = static_cast<double>(image.width) / static_cast<double>(columns);
  for (int64_t x = 0; x < image.width; ++x) {
    if (!is_painted(image, y, x)) continue;
    const auto left = static_cast<double>(x), right = left + 1;
    for (int64_t c = static_cast<int64_t>(left / cell); c < columns && cell * c < right; ++c) {
      length[c] += std::max(0.0, std::min(right, cell * static_cast<double>(c + 1)) -
                                     std::max(left, cell * static_cast<double>(c)));
    }
  }
  return length;
}

bool is_painted(const Image& image, int64_t y, int64_t x) {
  const uint8_t* pixel = image.bytes.data() + y * image.row_bytes() + x * image.channels;
  return std::any_of(pixel, pixel + image.channels, [](uint8_t value) { return value != 0; });
}

void hide_entry(const std::string& entry, Size2d grid, const std::string& where,
                std::vector<uint8_t>* mask) {
  const size_t comma = entry.find(',');
  if (comma == std::string::npos) {
    const Span patches = parse_span(entry, grid.area(), "patch", where);
    std::fill(mask->begin() + patches.first, mask->begin() + patches.last + 1, 1);
    return;
  }
  const Span rows = parse_span(entry.substr(0, comma), grid.height, "row", where);
  const Span columns = parse_span(entry.substr(comma + 1), grid.width, "column", where);
  for (int64_t row = rows.first; row <= rows.last; ++row) {
    const auto begin = mask->begin() + row * grid.width;
    std::fill(begin + columns.first, begin + columns.last + 1, 1);
  }
}

Span parse_span(const std::string& text, int64_t count, const std::string& what,
                const std::string& where) {
  const size_t dash = text.find('-');
  Span span;
  span.first = parse_number(text.substr(0, dash), where);
  span.last = dash == std::string::npos ? span.first : parse_number(text.substr(dash + 1), where);
  if (span.last < span.first) {
    throw DataError("the range " + text + " runs backwards", where);
  }
  if (span.last >= count) {
    throw DataError(what + " " + std::to_string(span.last) +
                        " is outside the grid; expected 0 to " + std::to_string(count - 1),
                    where);
  }
  return span;
}

int64_t parse_number(const std::string& text, const std::string& where) {
  int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < 0) {
    throw DataError("'" + text + "' is not a patch number", where,
                    "write 17, 17-20, row,col or 2-5,0-3, counted from 0");
  }
  return value;
}

}  // namespace
}  // namespace mae
