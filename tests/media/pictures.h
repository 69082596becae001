// Pictures of the golden folder for the tests of this folder.
#pragma once

#include <string>

#include "mae/base/input_file.h"
#include "mae/media/image_decode.h"

namespace mae {

inline std::string golden_path(const std::string& name) {
  return std::string(MAE_TESTS_DIR) + "/golden/" + name;
}
inline std::string golden_bytes(const std::string& name) { return read_file(golden_path(name)); }

inline Image golden_image(const std::string& name, int channels = 3, int bit_depth = 8) {
  DecodeOptions options;
  options.channels = channels;
  options.bit_depth = bit_depth;
  return decode_image(golden_bytes(name), name, options);
}

/// An 8-bit image from numbers.
inline Image image_of(int64_t height, int64_t width, int64_t channels, std::vector<uint8_t> bytes) {
  Image image;
  image.height = height;
  image.width = width;
  image.channels = channels;
  image.bytes = std::move(bytes);
  return image;
}

}  // namespace mae
