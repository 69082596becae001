#include "mae/media/image_convert.h"

#include <utility>

namespace mae {
namespace {

template <typename Sample>
void convert_pixels(const Sample* from, int64_t from_channels, Sample* to, int64_t to_channels,
                    int64_t pixels) {
  const bool from_color = from_channels >= 3;
  const bool has_alpha = from_channels == 2 || from_channels == 4;
  for (int64_t i = 0; i < pixels; ++i, from += from_channels, to += to_channels) {
    if (to_channels <= 2) {
      to[0] = from_color
                  ? static_cast<Sample>((uint64_t{19595} * from[0] + uint64_t{38470} * from[1] +
                                         uint64_t{7471} * from[2] + 32768) >>
                                        16)
                  : from[0];
    } else {
      to[0] = from[0];
      to[1] = from_color ? from[1] : from[0];
      to[2] = from_color ? from[2] : from[0];
    }
    if (to_channels % 2 == 0) {
      to[to_channels - 1] = has_alpha ? from[from_channels - 1] : static_cast<Sample>(-1);
    }
  }
}

Image with_channels(const Image& image, int64_t channels) {
  Image out = image;
  out.channels = channels;
  out.bytes.resize(static_cast<size_t>(out.height * out.row_bytes()));
  const int64_t pixels = image.height * image.width;
  if (image.bit_depth == 16) {
    convert_pixels(image.samples16(), image.channels, out.samples16(), channels, pixels);
  } else {
    convert_pixels(image.bytes.data(), image.channels, out.bytes.data(), channels, pixels);
  }
  return out;
}

Image with_depth(const Image& image, int bit_depth) {
  Image out = image;
  out.bit_depth = bit_depth;
  out.bytes.resize(static_cast<size_t>(out.height * out.row_bytes()));
  const int64_t samples = image.height * image.width * image.channels;
  for (int64_t i = 0; i < samples; ++i) {
    if (bit_depth == 16) {
      out.samples16()[i] = static_cast<uint16_t>(image.bytes[i] * 257);
    } else {
      // (255 v + 32895) >> 16 is v / 257 rounded to nearest for every 16-bit v.
      out.bytes[i] = static_cast<uint8_t>((255u * image.samples16()[i] + 32895u) >> 16);
    }
  }
  return out;
}

}  // namespace

bool can_convert_channels(int64_t from, int64_t to) {
  const auto is_common = [](int64_t channels) { return channels >= 1 && channels <= 4; };
  return from == to || (is_common(from) && is_common(to));
}

Image convert_image(Image image, int64_t channels, int bit_depth) {
  if (image.channels != channels) image = with_channels(image, channels);
  if (image.bit_depth != bit_depth) image = with_depth(image, bit_depth);
  return image;
}

}  // namespace mae
