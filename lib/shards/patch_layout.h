// The order of numbers inside /patches.
#pragma once

#include <cstdint>
#include <vector>

#include "mae/base/size2d.h"
#include "mae/media/image.h"

namespace mae {

/// How a picture is cut: L = grid.area() patches of P = patch_size.area() * channels numbers. A clip
/// of `frames` frames has L = slots() * grid.area() tubelets of so many numbers for each of their
/// frames.
struct PatchLayout {
  Size2d image_size, patch_size;
  int64_t channels = 3;
  int bit_depth = 8;
  int64_t frames = 1, tubelet_size = 1;  ///< 1 and 1: a picture
  bool is_clip() const { return frames > 1; }
  int64_t slots() const { return frames / tubelet_size; }
  Size2d grid() const {
    return {image_size.height / patch_size.height, image_size.width / patch_size.width};
  }
  int64_t patches() const { return slots() * grid().area(); }  ///< L
  int64_t patch_values() const { return tubelet_size * patch_size.area() * channels; }  ///< P
  int64_t bytes() const { return patches() * patch_values() * (bit_depth / 8); }
};

/// Pixels [H, W, C] to patches [L, P]: patches in row-major order of the grid, inside each (row,
/// column, channel), channel fastest. The picture has the layout's size, channels and depth. A clip is
/// a tall picture of its frames; its tubelets are ordered by time slot first, then as patches, inside
/// each (frame, row, column, channel).
std::vector<uint8_t> gather_patches(const Image& image, const PatchLayout& layout);

}  // namespace mae
