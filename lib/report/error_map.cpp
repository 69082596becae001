// Maps errors to a heat colour table.
#include "mae/report/error_map.h"

#include <algorithm>
#include <cmath>

#include "mae/base/error.h"
#include "mae/report/image_quality.h"

namespace mae {
namespace {

// Black-violet through red and orange to pale yellow; lightness (CIE L*) rises by about 12 from one
// row to the next.
constexpr std::array<Colour, 9> kHeat = {{{2, 2, 14},
                                          {38, 10, 84},
                                          {88, 14, 112},
                                          {140, 32, 108},
                                          {189, 52, 88},
                                          {228, 86, 54},
                                          {247, 134, 26},
                                          {251, 190, 58},
                                          {253, 248, 176}}};

double scale_of(const std::vector<float>& errors, double max_error);
Image empty_rgb(int64_t height, int64_t width);
void put(Image* image, int64_t row, int64_t column, const Colour& colour);

}  // namespace

Colour heat_colour(double value) {
  if (std::isnan(value)) return {128, 128, 128};
  const double position = std::clamp(value, 0.0, 1.0) * (kHeat.size() - 1);
  const size_t below = std::min<size_t>(static_cast<size_t>(position), kHeat.size() - 2);
  const double part = position - static_cast<double>(below);
  Colour colour;
  for (size_t c = 0; c < 3; ++c) {
    colour[c] = static_cast<uint8_t>(
        std::lround(kHeat[below][c] * (1 - part) + kHeat[below + 1][c] * part));
  }
  return colour;
}

Image patch_error_map(const std::vector<float>& errors, Size2d grid, Size2d patch_size,
                      double max_error) {
  if (static_cast<int64_t>(errors.size()) != grid.height * grid.width) {
    throw UsageError("an error map needs one error for each of " +
                     std::to_string(grid.height * grid.width) + " patches, got " +
                     std::to_string(errors.size()));
  }
  const double scale = scale_of(errors, max_error);
  Image map = empty_rgb(grid.height * patch_size.height, grid.width * patch_size.width);
  for (int64_t row = 0; row < map.height; ++row) {
    for (int64_t column = 0; column < map.width; ++column) {
      const int64_t patch = row / patch_size.height * grid.width + column / patch_size.width;
      put(&map, row, column, heat_colour(errors[patch] / scale));
    }
  }
  return map;
}

Image pixel_error_map(const Image& original, const Image& reconstruction, double max_error) {
  check_same_shape(original, reconstruction);
  const int64_t pixels = original.height * original.width;
  std::vector<float> errors(pixels);
  for (int64_t i = 0; i < pixels; ++i) {
    double sum = 0;
    for (int64_t c = 0; c < original.channels; ++c) {
      const int64_t k = i * original.channels + c;
      const double difference = sample_of(original, k) - sample_of(reconstruction, k);
      sum += difference * difference;
    }
    errors[i] = static_cast<float>(sum / static_cast<double>(original.channels));
  }
  return patch_error_map(errors, {original.height, original.width}, {1, 1}, max_error);
}

namespace {

double scale_of(const std::vector<float>& errors, double max_error) {
  if (max_error > 0) return max_error;
  double largest = 0;
  for (const float error : errors) {
    if (std::isfinite(error)) largest = std::max<double>(largest, error);
  }
  return largest > 0 ? largest : 1;
}

Image empty_rgb(int64_t height, int64_t width) {
  Image image;
  image.height = height;
  image.width = width;
  image.channels = 3;
  image.bytes.resize(height * width * 3);
  return image;
}

void put(Image* image, int64_t row, int64_t column, const Colour& colour) {
  std::copy(colour.begin(), colour.end(), image->bytes.begin() + (row * image->width + column) * 3);
}

}  // namespace
}  // namespace mae
