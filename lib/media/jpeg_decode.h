// JPEG through libjpeg, set up as Pillow sets it up, with damage turned into errors.
#pragma once

#include <string>

#include "mae/media/image.h"

namespace mae {

/// Decodes to 1 (grey files) or 3 channels (RGB), 8 bit: slow integer DCT and fancy upsampling,
/// libjpeg's and Pillow's defaults. CMYK and YCCK become RGB by Pillow's formula, taking all of
/// them for inverted as Adobe writes them. differs from Pillow: corrupt entropy-coded data and a
/// missing end are errors, not grey areas.
/// claimed    the size that the caller read from the header and holds for harmless
/// looked_at  what will be looked at, a part of the picture; pixels outside may stay black. Those
///            inside are the same for every part, and all of the stream is checked.
/// throws DataError  another size than claimed, truncated, corrupt, unsupported kind (lossless, 12
///                   bit, 2 components), absurd number of scans; with strict also what libjpeg only
///                   warns of
Image decode_jpeg(const std::string& bytes, const std::string& name, Size2d claimed, bool strict,
                  const Box& looked_at);

}  // namespace mae
