// Pillow smooths in float32; whole numbers give the same, because a sum over 13 is never close to a
// half.
#include "mae/media/sharpness.h"

#include <cassert>

#include "mae/media/blend.h"

namespace mae {

Image adjust_sharpness(const Image& image, double factor) {
  assert(image.bit_depth == 8);
  Image out = image;
  const int64_t across = image.channels, down = image.row_bytes();
  for (int64_t y = 1; y < image.height - 1; ++y) {
    for (int64_t i = across; i < down - across; ++i) {
      const uint8_t* at = image.bytes.data() + y * down + i;
      int sum = 4 * *at;
      for (int64_t row = -down; row <= down; row += down) {
        sum += at[row - across] + at[row] + at[row + across];
      }
      const int smoothed = (2 * sum + 13) / 26;  // sum / 13, rounded
      out.bytes[static_cast<size_t>(y * down + i)] =
          blend<uint8_t>(smoothed, *at, static_cast<float>(factor));
    }
  }
  return out;
}

}  // namespace mae
