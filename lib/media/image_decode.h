// From the bytes of a file to pixels, with limits before decoding and damage reported instead of painted grey.
#pragma once

#include <string>

#include "mae/media/image.h"

namespace mae {

struct DecodeOptions {
  int channels = 3;                        ///< 1: luma as Pillow's "L"; 3: RGB; 4: RGBA
  int bit_depth = 8;                       ///< 16 keeps 16-bit sources; 8 scales them down by 257
  int64_t max_pixels = 89478485;           ///< refused from the header, before memory is taken (Pillow's limit)
};

/// JPEG goes through libjpeg, where a truncated or corrupt stream is an error; PNG, WebP, BMP, TIFF, PNM through OpenCV.
/// EXIF orientation is ignored and alpha dropped, as the published pipelines do.
/// name     for messages
/// throws DataError  not an image, unsupported format by name, truncated, too many pixels
Image decode_image(const std::string& bytes, const std::string& name, const DecodeOptions& options);

/// PNG bytes of an 8-bit image with 1, 3 or 4 channels. Equal pixels give equal bytes.
std::string encode_png(const Image& image);

}  // namespace mae
