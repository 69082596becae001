// From the bytes of a file to pixels, with limits before decoding and damage reported instead of
// painted grey.
#pragma once

#include <string>

#include "mae/base/input_policy.h"
#include "mae/media/channels_policy.h"
#include "mae/media/image.h"

namespace mae {

constexpr int64_t kMaxChannels = 4096;  ///< that pictures are read with

struct DecodeOptions {
  /// 1: luma as Pillow's "L"; 2: that and alpha; 3: RGB; 4: RGBA; more: pictures of just so many
  /// bands.
  int64_t channels = 3;
  int bit_depth = 8;  ///< 16 keeps 16-bit sources; 8 scales them down by 257
  /// Refused from the header, before memory is taken.
  int64_t max_pixels = input_policy().max_pixels;
  bool strict = input_policy().strict;       ///< what a decoder only warns of is an error
  bool confined = input_policy().untrusted;  ///< decode in a confined child process
  bool exif_orientation = false;             ///< turn pictures upright as EXIF says
  /// For pictures whose channels do not become `channels` by the rules above.
  ChannelsPolicy channels_policy = ChannelsPolicy::kError;
  /// Pixels elsewhere may stay black, which spares JPEG the arithmetic for them; damage is found
  /// there all the same. Empty: everything. Without effect on confined decoding and where
  /// exif_orientation may turn the picture.
  LookedAt looked_at{};
};

/// JPEG goes through libjpeg, where a truncated or corrupt stream is an error; TIFF of 8 or 16 bits
/// through a decoder of our own; PNG, WebP, BMP, PNM and other TIFF through OpenCV. EXIF
/// orientation is ignored unless asked for and alpha dropped, as the published pipelines do.
/// name     for messages
/// throws DataError  not an image, unsupported format by name, truncated, too many pixels, other
///                   channels; with `strict` also what only makes the decoder warn, with `confined`
///                   also what makes it crash
Image decode_image(const std::string& bytes, const std::string& name, const DecodeOptions& options);

/// The last step of decoding: channels and bit depth as the options say. Throws DataError.
Image fit_to_options(Image image, const DecodeOptions& options, const std::string& name);

/// PNG bytes of an 8-bit image with 1, 3 or 4 channels. Equal pixels give equal bytes.
std::string encode_png(const Image& image);

}  // namespace mae
