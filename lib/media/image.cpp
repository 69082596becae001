#include "mae/media/image.h"

#include <algorithm>
#include <cstring>

#include "mae/media/rounding.h"

namespace mae {
namespace {

Image blank(Size2d size, const Image& like) {
  Image out;
  out.height = size.height;
  out.width = size.width;
  out.channels = like.channels;
  out.bit_depth = like.bit_depth;
  out.bytes.resize(static_cast<size_t>(out.height * out.row_bytes()));
  return out;
}

}  // namespace

Box whole_box(Size2d image) { return {0, 0, image.height, image.width}; }

Image crop(const Image& image, const Box& box) {
  Image out = blank({box.height, box.width}, image);
  const int64_t pixel_bytes = image.channels * (image.bit_depth / 8);
  for (int64_t y = 0; y < box.height; ++y) {
    std::memcpy(out.bytes.data() + y * out.row_bytes(),
                image.bytes.data() + (box.top + y) * image.row_bytes() + box.left * pixel_bytes,
                static_cast<size_t>(out.row_bytes()));
  }
  return out;
}

Box center_box(Size2d image, Size2d size) {
  Box box;
  box.height = size.height;
  box.width = size.width;
  box.top = round_half_to_even(static_cast<double>(image.height - size.height) / 2);
  box.left = round_half_to_even(static_cast<double>(image.width - size.width) / 2);
  return box;
}

Image center_crop(const Image& image, Size2d size) {
  // torchvision pads first, the smaller half in front, and then crops what is still too large.
  const int64_t pad_top = std::max<int64_t>(0, (size.height - image.height) / 2);
  const int64_t pad_left = std::max<int64_t>(0, (size.width - image.width) / 2);
  const Box box = center_box({image.height, image.width}, {std::min(size.height, image.height),
                                                           std::min(size.width, image.width)});
  if (box.height == size.height && box.width == size.width) return crop(image, box);

  Image out = blank(size, image);
  const int64_t pixel_bytes = image.channels * (image.bit_depth / 8);
  for (int64_t y = 0; y < box.height; ++y) {
    std::memcpy(out.bytes.data() + (pad_top + y) * out.row_bytes() + pad_left * pixel_bytes,
                image.bytes.data() + (box.top + y) * image.row_bytes() + box.left * pixel_bytes,
                static_cast<size_t>(box.width * pixel_bytes));
  }
  return out;
}

Image flip_horizontal(const Image& image) {
  Image out = blank({image.height, image.width}, image);
  const int64_t pixel_bytes = image.channels * (image.bit_depth / 8);
  for (int64_t y = 0; y < image.height; ++y) {
    const uint8_t* from = image.bytes.data() + y * image.row_bytes();
    uint8_t* to = out.bytes.data() + (y + 1) * image.row_bytes();
    for (int64_t x = 0; x < image.width; ++x) {
      to -= pixel_bytes;
      std::memcpy(to, from, static_cast<size_t>(pixel_bytes));
      from += pixel_bytes;
    }
  }
  return out;
}

}  // namespace mae
