// Pictures made by formulas, so that other programs can make the same ones.
#pragma once

#include <algorithm>

#include "mae/media/image.h"

namespace mae::testing {

inline Image blank(int64_t height, int64_t width, int64_t channels, uint8_t value = 0) {
  Image image;
  image.height = height;
  image.width = width;
  image.channels = channels;
  image.bytes.assign(height * width * channels, value);
  return image;
}

/// value(y, x, c) = (7y + 3x + 29c + xy mod 17) mod 256
inline Image pattern(int64_t height, int64_t width, int64_t channels) {
  Image image = blank(height, width, channels);
  for (int64_t i = 0; i < height * width * channels; ++i) {
    const int64_t c = i % channels, x = i / channels % width, y = i / channels / width;
    image.bytes[i] = static_cast<uint8_t>((7 * y + 3 * x + 29 * c + x * y % 17) % 256);
  }
  return image;
}

/// The pattern with (31x + 17y + 5c) mod 41 - 20 added and clipped.
inline Image disturbed_pattern(int64_t height, int64_t width, int64_t channels) {
  Image image = pattern(height, width, channels);
  for (int64_t i = 0; i < height * width * channels; ++i) {
    const int64_t c = i % channels, x = i / channels % width, y = i / channels / width;
    const int64_t value = image.bytes[i] + (31 * x + 17 * y + 5 * c) % 41 - 20;
    image.bytes[i] = static_cast<uint8_t>(std::clamp<int64_t>(value, 0, 255));
  }
  return image;
}

}  // namespace mae::testing
