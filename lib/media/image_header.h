// What a file claims to be, from its first bytes alone: nothing is decoded and no memory is taken.
#pragma once

#include <optional>
#include <string>

#include "mae/base/size2d.h"

namespace mae {

enum class ImageFormat { kJpeg, kPng, kWebp, kBmp, kTiff, kPnm };

struct ImageHeader {
  ImageFormat format = ImageFormat::kJpeg;
  Size2d size;  ///< as claimed; at least 1x1
};

/// Recognises the format by content, never by the name's ending, and reads the size of the picture.
/// name     for messages
/// throws DataError  empty, not an image, a known format that is not supported (by name), a damaged
/// header
ImageHeader read_image_header(const std::string& bytes, const std::string& name);

/// The format that the first bytes of a file show; nothing where they show none that is read. 12
/// bytes are enough.
std::optional<ImageFormat> sniff_image_format(const std::string& bytes);

/// "JPEG", "PNG", ...
std::string format_name(ImageFormat format);

/// Name of the picture, video or container format that these bytes begin with but that decode_image
/// does not read
/// ("GIF", "HDF5", ...); empty when unknown.
std::string unsupported_format_name(const std::string& bytes);

}  // namespace mae
