// Patch rows are contiguous in both layouts, so the picture is put together by copying them.
#include "mae/data/patch_image.h"

#include <cstring>

namespace mae {

Image image_from_row(const uint8_t* row, const PatchGeometry& geometry) {
  Image image;
  const int64_t frame_height = geometry.image_size().height;
  image.height = geometry.frames * frame_height;
  image.width = geometry.image_size().width;
  image.channels = geometry.channels;
  image.bit_depth = geometry.bit_depth;
  image.bytes.resize(static_cast<size_t>(geometry.row_bytes()));
  const int64_t line = geometry.patch_size.width * geometry.channels * (geometry.bit_depth / 8);
  const uint8_t* from = row;
  for (int64_t slot = 0; slot < geometry.slots(); ++slot) {
    for (int64_t gy = 0; gy < geometry.grid.height; ++gy) {
      for (int64_t gx = 0; gx < geometry.grid.width; ++gx) {
        for (int64_t t = 0; t < geometry.tubelet_size; ++t) {
          const int64_t top =
              (slot * geometry.tubelet_size + t) * frame_height + gy * geometry.patch_size.height;
          uint8_t* to = image.bytes.data() + top * image.row_bytes() + gx * line;
          for (int64_t y = 0; y < geometry.patch_size.height; ++y) {
            std::memcpy(to, from, static_cast<size_t>(line));
            from += line;
            to += image.row_bytes();
          }
        }
      }
    }
  }
  return image;
}

}  // namespace mae
