// Puts patches together row by row; hiding paints whole patches.
#include "mae/report/patch_picture.h"

#include <algorithm>
#include <string>

#include "mae/base/error.h"

namespace mae {
namespace {

constexpr uint8_t kHiddenGrey = 128;

uint8_t eight_bits(uint8_t value) { return value; }
uint8_t eight_bits(uint16_t value) { return static_cast<uint8_t>((value + 128) / 257); }

Image empty_image(int64_t height, int64_t width, int64_t channels) {
  Image image;
  image.height = height;
  image.width = width;
  image.channels = channels;
  image.bytes.resize(height * width * channels);
  return image;
}

template <typename Sample>
Image assemble(const Sample* patches, const PatchLayout& layout) {
  const Size2d grid = layout.grid, p = layout.patch_size;
  const int64_t frame_height = grid.height * p.height;
  Image image = empty_image(layout.frames * frame_height, grid.width * p.width, layout.channels);
  const int64_t strip = p.width * layout.channels;  // samples of one row of one patch
  for (int64_t patch = 0; patch < layout.patches(); ++patch) {
    const int64_t slot = patch / grid.area(), place = patch % grid.area();
    for (int64_t row = 0; row < layout.tubelet_size * p.height; ++row) {
      const int64_t frame = slot * layout.tubelet_size + row / p.height;
      const int64_t y = frame * frame_height + place / grid.width * p.height + row % p.height;
      const Sample* from = patches + patch * layout.patch_values() + row * strip;
      std::transform(from, from + strip,
                     image.bytes.begin() + y * image.row_bytes() + place % grid.width * strip,
                     [](Sample value) { return eight_bits(value); });
    }
  }
  return image;
}

}  // namespace

Image image_from_patches(const uint8_t* patches, const PatchLayout& layout) {
  return assemble(patches, layout);
}
Image image_from_patches(const uint16_t* patches, const PatchLayout& layout) {
  return assemble(patches, layout);
}

Image hide_patches(const Image& image, const std::vector<uint8_t>& mask,
                   const PatchLayout& layout) {
  const Size2d p = layout.patch_size;
  if (static_cast<int64_t>(mask.size()) != layout.patches() ||
      image.height != layout.frames * layout.grid.height * p.height ||
      image.width != layout.grid.width * p.width) {
    throw UsageError("a mask of " + std::to_string(mask.size()) +
                     " patches does not fit an image of " + std::to_string(image.height) + " x " +
                     std::to_string(image.width));
  }
  Image out = to_eight_bits(image);
  const int64_t strip = p.width * out.channels;
  const int64_t frame_height = layout.grid.height * p.height;
  for (int64_t y = 0; y < out.height; ++y) {
    const int64_t slot = y / frame_height / layout.tubelet_size;
    const int64_t row = slot * layout.grid.height + y % frame_height / p.height;
    for (int64_t column = 0; column < layout.grid.width; ++column) {
      if (mask[row * layout.grid.width + column] == 0) continue;
      std::fill_n(out.bytes.begin() + y * out.row_bytes() + column * strip, strip, kHiddenGrey);
    }
  }
  return out;
}

Image to_eight_bits(const Image& image) {
  if (image.bit_depth == 8) return image;
  Image out = empty_image(image.height, image.width, image.channels);
  const uint16_t* samples = image.samples16();
  std::transform(samples, samples + out.bytes.size(), out.bytes.begin(),
                 [](uint16_t value) { return eight_bits(value); });
  return out;
}

Image shown_channels(const Image& image) {
  const Image all = to_eight_bits(image);
  const int64_t shown = all.channels >= 3 ? 3 : 1;
  if (all.channels == shown) return all;
  Image out = empty_image(all.height, all.width, shown);
  for (int64_t i = 0; i < all.height * all.width; ++i) {
    std::copy_n(all.bytes.begin() + i * all.channels, shown, out.bytes.begin() + i * shown);
  }
  return out;
}

}  // namespace mae
