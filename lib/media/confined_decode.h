// Decoding in a process of its own, for pictures from strangers (--untrusted). Private to media.
#pragma once

#include <string>

#include "mae/media/image_decode.h"

namespace mae {

/// decode_image() in a confined child that has no files, is given the bytes and gives back pixels;
/// a crash or an endless loop there is a DataError here. Children are kept for the next picture,
/// one for each thread that decodes. Warnings of decoders are passed on.
Image decode_confined(const std::string& bytes, const std::string& name,
                      const DecodeOptions& options);

}  // namespace mae
