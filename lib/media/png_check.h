// Looks through a PNG before libpng does, because libpng, as OpenCV calls it, writes its complaints
// to standard error.
#pragma once

#include <string>

namespace mae {

/// Checks chunk lengths and checksums, the header's combinations and the compressed data to its
/// last byte, and returns the same picture with nothing but the chunks that hold pixels: no
/// profiles, text, orientation or animation. The palette is filled up with black, so that no index
/// lies outside. keep_transparency  keep tRNS, which makes palette and grey pictures RGBA throws
/// DataError   truncated or damaged, with the reason
std::string check_png(const std::string& bytes, const std::string& name, bool keep_transparency);

}  // namespace mae
