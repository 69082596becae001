// Pictures that move (APNG): what browsers and viewers play, written without another library, since
// OpenCV 4.6 writes none.
#pragma once

#include <string>

#include "mae/media/image.h"

namespace mae {

/// The frames of a tall picture one after the other, for ever; programs that know no animation show
/// the first. 8 bits; grey, RGB or RGBA. One frame: a plain PNG.
/// throws ResourceError  as encode_png
std::string encode_animated_png(const Image& tall, int64_t frames, int milliseconds_per_frame);

}  // namespace mae
