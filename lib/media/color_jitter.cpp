// Pillow blends in float32 and truncates; both are kept, so that 8-bit results equal its to the
// bit.
#include "mae/media/color_jitter.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "mae/media/blend.h"

namespace mae {
namespace {

/// Pillow's "L" of one pixel; where there is no colour, the mean of all channels.
template <typename Sample>
int luma(const Sample* pixel, int64_t channels) {
  if (channels != 3) {
    const int64_t sum = std::accumulate(pixel, pixel + channels, channels / 2);
    return static_cast<int>(sum / channels);
  }
  const int64_t sum =
      int64_t{19595} * pixel[0] + int64_t{38470} * pixel[1] + int64_t{7471} * pixel[2] + 32768;
  return static_cast<int>(sum >> 16);
}

/// Calls change(pixel) for every pixel, with the pointer type of the picture's depth.
template <typename Change>
Image map_pixels(Image image, Change change) {
  const int64_t pixels = image.height * image.width;
  for (int64_t i = 0; i < pixels; ++i) {
    if (image.bit_depth == 16)
      change(image.samples16() + i * image.channels);
    else
      change(image.bytes.data() + i * image.channels);
  }
  return image;
}

/// Transparency, the second channel or the fourth, stays as it is; of more channels none is.
int64_t colours(const Image& image) {
  return image.channels == 2 || image.channels == 4 ? image.channels - 1 : image.channels;
}

double jitter_factor(double strength, RandomStream& random) {
  return random.uniform(std::max(0.0, 1.0 - strength), 1.0 + strength);
}

}  // namespace

Image color_jitter(const Image& image, const ColorJitterOptions& options, RandomStream& random) {
  std::array<int, 3> order{0, 1, 2};
  for (int64_t i = 2; i > 0; --i)
    std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(random.below(i + 1))]);
  const double brightness = jitter_factor(options.brightness, random);
  const double contrast = jitter_factor(options.contrast, random);
  const double saturation = jitter_factor(options.saturation, random);
  Image out = image;
  for (const int step : order) {
    if (step == 0) out = adjust_brightness(out, brightness);
    if (step == 1) out = adjust_contrast(out, contrast);
    if (step == 2 && colours(image) == 3) out = adjust_saturation(out, saturation);
  }
  return out;
}

Image adjust_brightness(const Image& image, double factor) {
  const int64_t channels = colours(image);
  return map_pixels(image, [=](auto* pixel) {
    using Sample = std::remove_reference_t<decltype(*pixel)>;
    for (int64_t c = 0; c < channels; ++c)
      pixel[c] = blend<Sample>(0, pixel[c], static_cast<float>(factor));
  });
}

Image adjust_contrast(const Image& image, double factor) {
  const int64_t channels = colours(image), pixels = image.height * image.width;
  if (pixels == 0) return image;
  int64_t sum = 0;
  map_pixels(image, [&](const auto* pixel) { sum += luma(pixel, channels); });
  const int mean = static_cast<int>(static_cast<double>(sum) / static_cast<double>(pixels) + 0.5);
  return map_pixels(image, [=](auto* pixel) {
    using Sample = std::remove_reference_t<decltype(*pixel)>;
    for (int64_t c = 0; c < channels; ++c)
      pixel[c] = blend<Sample>(mean, pixel[c], static_cast<float>(factor));
  });
}

Image adjust_saturation(const Image& image, double factor) {
  const int64_t channels = colours(image);
  return map_pixels(image, [=](auto* pixel) {
    using Sample = std::remove_reference_t<decltype(*pixel)>;
    const int grey = luma(pixel, channels);
    for (int64_t c = 0; c < channels; ++c)
      pixel[c] = blend<Sample>(grey, pixel[c], static_cast<float>(factor));
  });
}

}  // namespace mae
