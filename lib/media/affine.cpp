// Pillow's order of operations in double is kept throughout: a last bit decides where a value is
// truncated or a point falls outside.
#include "mae/media/affine.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>

namespace mae {
namespace {

/// Interpolates at `along` of [0, 1) between the second and the third of four values.
double cubic(double v1, double v2, double v3, double v4, double along);
double round_to_15_decimals(double value);
/// The four input positions around `position`, those outside moved to the edge; returns how far
/// `position` lies behind the second.
double neighbours(double position, int64_t size, std::array<int64_t, 4>* indices);

}  // namespace

Image affine_transform(const Image& image, const AffineMatrix& matrix,
                       const std::vector<uint8_t>& fill) {
  assert(image.bit_depth == 8 && static_cast<int64_t>(fill.size()) == image.channels);
  const auto& [a, b, c, d, e, f] = matrix;
  const auto width = static_cast<double>(image.width), height = static_cast<double>(image.height);
  Image out = image;
  uint8_t* to = out.bytes.data();
  for (int64_t y = 0; y < image.height; ++y) {
    for (int64_t x = 0; x < image.width; ++x, to += image.channels) {
      const double center_x = static_cast<double>(x) + 0.5, center_y = static_cast<double>(y) + 0.5;
      const double from_x = a * center_x + b * center_y + c;
      const double from_y = d * center_x + e * center_y + f;
      if (!(from_x >= 0 && from_x < width && from_y >= 0 && from_y < height)) {
        std::copy(fill.begin(), fill.end(), to);
        continue;
      }
      std::array<int64_t, 4> columns, rows;
      const double along_x = neighbours(from_x - 0.5, image.width, &columns);
      const double along_y = neighbours(from_y - 0.5, image.height, &rows);
      for (int64_t channel = 0; channel < image.channels; ++channel) {
        std::array<double, 4> v{};
        for (size_t i = 0; i < 4; ++i) {
          const uint8_t* row = image.bytes.data() + rows[i] * image.row_bytes() + channel;
          v[i] = cubic(row[columns[0] * image.channels], row[columns[1] * image.channels],
                       row[columns[2] * image.channels], row[columns[3] * image.channels], along_x);
        }
        const double value = cubic(v[0], v[1], v[2], v[3], along_y);
        to[channel] = static_cast<uint8_t>(std::clamp(value, 0.0, 255.0));
      }
    }
  }
  return out;
}

Image rotate(const Image& image, double degrees, const std::vector<uint8_t>& fill) {
  constexpr double kRadian = 3.141592653589793 / 180;
  double turn = std::fmod(degrees, 360.0);
  if (turn < 0) turn += 360;
  const double angle = -(turn * kRadian);
  const double cosine = round_to_15_decimals(std::cos(angle));
  const double sine = round_to_15_decimals(std::sin(angle));
  const double x = static_cast<double>(image.width) / 2, y = static_cast<double>(image.height) / 2;
  return affine_transform(image,
                          {cosine, sine, cosine * -x + sine * -y + x,  //
                           -sine, cosine, -sine * -x + cosine * -y + y},
                          fill);
}

Image shear_x(const Image& image, double factor, const std::vector<uint8_t>& fill) {
  return affine_transform(image, {1, factor, 0, 0, 1, 0}, fill);
}

Image shear_y(const Image& image, double factor, const std::vector<uint8_t>& fill) {
  return affine_transform(image, {1, 0, 0, factor, 1, 0}, fill);
}

Image translate_x(const Image& image, double pixels, const std::vector<uint8_t>& fill) {
  return affine_transform(image, {1, 0, pixels, 0, 1, 0}, fill);
}

Image translate_y(const Image& image, double pixels, const std::vector<uint8_t>& fill) {
  return affine_transform(image, {1, 0, 0, 0, 1, pixels}, fill);
}

namespace {

double cubic(double v1, double v2, double v3, double v4, double along) {
  // Cubic convolution by Horner's rule. a = -1 here, where Pillow's resampling has -0.5.
  const double linear = v3 - v1;
  const double square = 2 * (v1 - v2) + v3 - v4;
  const double cube = v4 - v1 + v2 - v3;
  return v2 + along * (linear + along * (square + along * cube));
}

/// As Python's round(value, 15): the nearest decimal, read back.
double round_to_15_decimals(double value) {
  std::array<char, 64> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, 15)
          .ptr;
  double rounded = 0;
  std::from_chars(text.data(), end, rounded);
  return rounded;
}

double neighbours(double position, int64_t size, std::array<int64_t, 4>* indices) {
  const double below = std::floor(position);
  const int64_t first = static_cast<int64_t>(below) - 1;
  for (int64_t i = 0; i < 4; ++i) {
    (*indices)[static_cast<size_t>(i)] = std::clamp<int64_t>(first + i, 0, size - 1);
  }
  return position - below;
}

}  // namespace
}  // namespace mae
