// How a picture was held when it was taken, and turning it upright.
#pragma once

#include <string>

#include "mae/media/image.h"
#include "mae/media/image_header.h"

namespace mae {

/// The orientation 1 to 8 that the EXIF data of a JPEG, PNG or WebP or the directory of a TIFF
/// record; 1, upright, where there is none, where it is no such number, and where these data are
/// damaged: a picture is not refused for them.
int exif_orientation(const std::string& bytes, ImageFormat format);

/// The picture turned and mirrored so that it stands upright, as Pillow's ImageOps.exif_transpose.
Image apply_orientation(const Image& image, int orientation);

}  // namespace mae
