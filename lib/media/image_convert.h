// Between grey, RGB and RGBA, and between 8 and 16 bits.
#pragma once

#include "mae/media/image.h"

namespace mae {

/// Whether convert_image knows how: both are 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA), or
/// they are equal.
bool can_convert_channels(int64_t from, int64_t to);

/// The same picture with `channels` (as can_convert_channels) and `bit_depth` (8 or 16).
/// Grey from colour is Pillow's "L", (19595 R + 38470 G + 7471 B + 32768) >> 16; colour from grey
/// repeats it; alpha is dropped without compositing and is opaque where there was none. 16 bits
/// become 8 by dividing by 257, rounded to nearest (Pillow takes the high byte, up to 1 less); 8
/// become 16 by multiplying with 257.
Image convert_image(Image image, int64_t channels, int bit_depth);

}  // namespace mae
