#include "mae/media/frame_resize.h"

#include <algorithm>

#include "mae/media/opencv_edge.h"
#include "mae/media/resample.h"

namespace mae {
namespace {

/// The frame with its short side resized so that `size` is covered.
Image covering(const Image& frame, Size2d size, int64_t short_side) {
  const Size2d own{frame.height, frame.width};
  const Size2d wanted = short_side_size(own, std::max(short_side, covering_short_side(own, size)));
  return wanted == own ? frame : resize_linear(frame, wanted);
}

}  // namespace

Image resize_linear(const Image& image, Size2d size) { return opencv_resize_linear(image, size); }

Image evaluation_frame(const Image& frame, Size2d size, int64_t short_side) {
  const Size2d own{frame.height, frame.width};
  if (own == size && short_side == 0) return frame;
  return center_crop(covering(frame, size, short_side), size);
}

Image test_crop(const Image& frame, Size2d size, int64_t c, int64_t crops) {
  if (crops <= 1) return evaluation_frame(frame, size);
  const Image whole = covering(frame, size, 0);
  const auto start = [&](int64_t room) { return c * room / (crops - 1); };
  Box box = center_box({whole.height, whole.width}, size);
  const int64_t down = whole.height - size.height, across = whole.width - size.width;
  (down > across ? box.top : box.left) = start(std::max(down, across));
  return crop(whole, box);
}

}  // namespace mae
