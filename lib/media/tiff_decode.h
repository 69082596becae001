// TIFF as remote sensing and microscopy write it: any number of bands, 8 or 16 bits.
#pragma once

#include <optional>
#include <string>

#include "mae/media/image.h"

namespace mae {

/// The first picture of a file with unsigned samples of 8 or 16 bits: grey, RGB, more bands or an
/// 8-bit palette (which becomes RGB), in strips or tiles, bands together or apart, uncompressed or
/// packed by LZW, deflate or PackBits. All bands are returned as stored, alpha among them; the
/// orientation tag is not looked at.
/// returns  nothing for other kinds of up to 4 bands, which OpenCV may know
/// throws DataError  damaged, ends early, too large, or more than 4 bands of another kind
std::optional<Image> decode_tiff(const std::string& bytes, const std::string& name);

}  // namespace mae
