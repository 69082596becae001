// A decoded picture in memory, before it becomes patches.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "mae/base/size2d.h"

namespace mae {

/// Row-major pixels, channel fastest, RGB order; 8 bit samples in one byte, 16 bit ones in two
/// (native order).
struct Image {
  int64_t height = 0, width = 0, channels = 0;
  int bit_depth = 8;           ///< 8 or 16
  std::vector<uint8_t> bytes;  ///< height * width * channels * bit_depth / 8
  int64_t row_bytes() const { return width * channels * (bit_depth / 8); }
  const uint16_t* samples16() const { return reinterpret_cast<const uint16_t*>(bytes.data()); }
  uint16_t* samples16() { return reinterpret_cast<uint16_t*>(bytes.data()); }
};

/// A rectangle of pixels.
struct Box {
  int64_t top = 0, left = 0, height = 0, width = 0;
};

Box whole_box(Size2d image);
/// Given the size of a picture, the part of it that will be looked at.
using LookedAt = std::function<Box(Size2d)>;

Image crop(const Image& image, const Box& box);
/// Where a central crop of `size` lies in a picture at least as large.
Box center_box(Size2d image, Size2d size);
/// Central crop, offsets rounded half to even as torchvision does. A larger size than the image is
/// padded with zeros, as there.
Image center_crop(const Image& image, Size2d size);
Image flip_horizontal(const Image& image);

}  // namespace mae
