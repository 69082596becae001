#include "mae/shards/patch_layout.h"

#include <cstring>

namespace mae {

std::vector<uint8_t> gather_patches(const Image& image, const PatchLayout& layout) {
  std::vector<uint8_t> patches(static_cast<size_t>(layout.bytes()));
  const int64_t run = layout.patch_size.width * image.channels * (image.bit_depth / 8);
  const auto frame_bytes = static_cast<size_t>(layout.image_size.height * image.row_bytes());
  uint8_t* to = patches.data();
  for (int64_t slot = 0; slot < layout.slots(); ++slot) {
    for (int64_t top = 0; top < layout.image_size.height; top += layout.patch_size.height) {
      for (int64_t column = 0; column < layout.grid().width; ++column) {
        for (int64_t t = 0; t < layout.tubelet_size; ++t) {
          const uint8_t* frame =
              image.bytes.data() +
              static_cast<size_t>(slot * layout.tubelet_size + t) * frame_bytes;
          for (int64_t row = 0; row < layout.patch_size.height; ++row, to += run) {
            std::memcpy(to, frame + (top + row) * image.row_bytes() + column * run,
                        static_cast<size_t>(run));
          }
        }
      }
    }
  }
  return patches;
}

}  // namespace mae
