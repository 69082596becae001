// Pictures for people out of patch rows, without LibTorch: patches put together, hidden ones
// painted over.
#pragma once

#include <cstdint>
#include <vector>

#include "mae/media/image.h"

namespace mae {

/// How one picture is cut into patches, or one clip into tubelets, as the attributes of /patches
/// say. A clip's picture is a tall one, its frames one below the other.
struct PatchLayout {
  Size2d grid, patch_size;
  int64_t channels = 3;
  int64_t frames = 1, tubelet_size = 1;  ///< of clips
  int64_t slots() const { return frames / tubelet_size; }
  int64_t patches() const { return slots() * grid.area(); }                             ///< L
  int64_t patch_values() const { return tubelet_size * patch_size.area() * channels; }  ///< P
};

/// The picture of one row of /patches.
/// patches  [L, P] uint8: patch = row-major grid index, inside it (row, column, channel), channel
/// fastest; of clips time slot slowest, and inside a tubelet its frames
Image image_from_patches(const uint8_t* patches, const PatchLayout& layout);
/// The same for 16-bit sources, scaled to 8 bits (divided by 257, rounded), for showing.
Image image_from_patches(const uint16_t* patches, const PatchLayout& layout);

/// What the encoder saw: patches with mask 1 are painted mid-grey.
/// mask  [L] 1 = hidden, 0 = visible
/// throws UsageError  the mask or the image does not fit the layout
Image hide_patches(const Image& image, const std::vector<uint8_t>& mask, const PatchLayout& layout);

/// An 8-bit copy for showing; 16-bit samples are divided by 257 and rounded.
Image to_eight_bits(const Image& image);

/// What of a picture can be seen, 8 bit: the first three channels as RGB, the first one as grey
/// where there are fewer than three. Transparency and further bands are left out.
Image shown_channels(const Image& image);

}  // namespace mae
