// libFuzzer target: a picture of any bytes is decoded or refused, whatever channels and depth are
// asked for, and decoded in part its pixels are those of the whole. The first byte chooses these,
// so that the rest is a picture file.
#include <cstdint>
#include <string>

#include "mae/base/error.h"
#include "mae/media/image_decode.h"

namespace {

mae::Box middle(mae::Size2d size) {
  return {size.height / 3, size.width / 3, (size.height + 2) / 3, (size.width + 2) / 3};
}

mae::DecodeOptions options_from(uint8_t choice) {
  constexpr int64_t kChannels[] = {3, 1, 4, 2};
  constexpr int64_t kMaxPixels = int64_t{1} << 20;  // keeps one input short
  mae::DecodeOptions options;
  options.channels = kChannels[choice & 3];
  options.bit_depth = (choice & 4) != 0 ? 16 : 8;
  options.exif_orientation = (choice & 8) != 0;
  options.strict = (choice & 16) != 0;
  if ((choice & 32) != 0) options.channels = 5;
  if ((choice & 64) != 0) options.looked_at = middle;
  options.max_pixels = kMaxPixels;
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  try {
    const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    mae::DecodeOptions options = options_from(data[0]);
    const mae::Image image = mae::decode_image(bytes, "input", options);
    if (image.width > 0 && image.height > 0 && image.bytes.empty()) __builtin_trap();
    if (!options.looked_at || options.exif_orientation) return 0;
    const mae::Box box = middle({image.height, image.width});
    options.looked_at = nullptr;
    const mae::Image whole = mae::decode_image(bytes, "input", options);
    if (crop(image, box).bytes != crop(whole, box).bytes) __builtin_trap();
  } catch (const mae::Error&) {
  }
  return 0;
}
