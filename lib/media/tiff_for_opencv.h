// A TIFF as a decoder that believes it may be given it.
#pragma once

#include <string>

namespace mae {

/// With the orientation 1, since other ones would be followed by half, and with strips that end
/// with the picture: libtiff's callers take memory for the rows that a strip claims.
/// name  for messages
/// throws DataError  damaged, tiles far larger than the picture, sizes in types that we do not read
std::string tiff_for_opencv(std::string tiff, const std::string& name);

}  // namespace mae
