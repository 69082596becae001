// One row of /patches back to the picture it was cut from, without LibTorch. Private to data.
#pragma once

#include "mae/base/size2d.h"
#include "mae/media/image.h"

namespace mae {

/// How a shard's pictures are cut (attributes of /patches).
struct PatchGeometry {
  Size2d patch_size, grid;
  int64_t channels = 3;
  int bit_depth = 8;
  int64_t frames = 1, tubelet_size = 1;  ///< of clips; image_size is a frame's
  int64_t slots() const { return frames / tubelet_size; }
  Size2d image_size() const {
    return {patch_size.height * grid.height, patch_size.width * grid.width};
  }
  int64_t row_bytes() const { return frames * image_size().area() * channels * (bit_depth / 8); }
};

/// row  [L, P] samples: patches in raster order, inside one (row, column, channel); of a clip
/// tubelets by time slot, then so, inside one (frame, row, column, channel). A clip becomes a tall
/// picture.
Image image_from_row(const uint8_t* row, const PatchGeometry& geometry);

}  // namespace mae
