// Every operation is a table of 256 values, made once for a picture or once for each channel.
#include "mae/media/pixel_operations.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace mae {
namespace {

using Table = std::array<uint8_t, 256>;
using Histogram = std::array<int64_t, 256>;

/// table(v) for every v of 0 to 255.
template <typename Value>
Table table_of(Value value) {
  Table table{};
  for (int v = 0; v < 256; ++v) table[static_cast<size_t>(v)] = static_cast<uint8_t>(value(v));
  return table;
}

Histogram histogram(const Image& image, int64_t channel);
Table stretching(const Histogram& counts);
Table equalizing(const Histogram& counts);
void apply(Image& image, int64_t channel, const Table& table);
Image map_all(Image image, const Table& table);
template <typename MakeTable>
Image map_channels(Image image, MakeTable make_table);

}  // namespace

Image auto_contrast(const Image& image) { return map_channels(image, stretching); }

Image equalize(const Image& image) { return map_channels(image, equalizing); }

Image invert(const Image& image) {
  return map_all(image, table_of([](int v) { return 255 - v; }));
}

Image posterize(const Image& image, int bits) {
  if (bits >= 8) return image;
  const int mask = 255 & ~((1 << (8 - bits)) - 1);
  return map_all(image, table_of([=](int v) { return v & mask; }));
}

Image solarize(const Image& image, int threshold) {
  return map_all(image, table_of([=](int v) { return v < threshold ? v : 255 - v; }));
}

Image solarize_add(const Image& image, int amount) {
  return map_all(image, table_of([=](int v) { return v < 128 ? std::min(255, v + amount) : v; }));
}

namespace {

Histogram histogram(const Image& image, int64_t channel) {
  Histogram counts{};
  for (size_t i = static_cast<size_t>(channel); i < image.bytes.size();
       i += static_cast<size_t>(image.channels)) {
    ++counts[image.bytes[i]];
  }
  return counts;
}

/// In double and truncated, as Pillow computes it.
Table stretching(const Histogram& counts) {
  const auto occupied = [](int64_t count) { return count > 0; };
  const auto low = std::find_if(counts.begin(), counts.end(), occupied) - counts.begin();
  const auto high =
      255 - (std::find_if(counts.rbegin(), counts.rend(), occupied) - counts.rbegin());
  if (high <= low) {
    return table_of([](int v) { return v; });
  }
  const double scale = 255.0 / static_cast<double>(high - low);
  const double offset = -static_cast<double>(low) * scale;
  return table_of([=](int v) { return std::clamp(static_cast<int>(v * scale + offset), 0, 255); });
}

Table equalizing(const Histogram& counts) {
  int64_t pixels = 0, last = 0, occupied = 0;
  for (const int64_t count : counts) {
    if (count == 0) continue;
    pixels += count;
    last = count;
    ++occupied;
  }
  const int64_t step = (pixels - last) / 255;
  if (occupied <= 1 || step == 0) {
    return table_of([](int v) { return v; });
  }
  int64_t below = step / 2;
  return table_of([&](int v) {
    const int64_t value = std::min<int64_t>(255, below / step);
    below += counts[static_cast<size_t>(v)];
    return value;
  });
}

void apply(Image& image, int64_t channel, const Table& table) {
  for (size_t i = static_cast<size_t>(channel); i < image.bytes.size();
       i += static_cast<size_t>(image.channels)) {
    image.bytes[i] = table[image.bytes[i]];
  }
}

Image map_all(Image image, const Table& table) {
  assert(image.bit_depth == 8);
  for (uint8_t& value : image.bytes) value = table[value];
  return image;
}

template <typename MakeTable>
Image map_channels(Image image, MakeTable make_table) {
  assert(image.bit_depth == 8);
  for (int64_t c = 0; c < image.channels; ++c) {
    apply(image, c, make_table(histogram(image, c)));
  }
  return image;
}

}  // namespace
}  // namespace mae
