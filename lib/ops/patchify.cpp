// Views and one permutation each way.
#include "mae/ops/patchify.h"

#include "mae/base/error.h"

namespace mae {

Tensor patchify(const Tensor& images, Size2d patch_size) {
  check_shape("images", images, {kAny, kAny, kAny, kAny});
  const int64_t B = images.size(0), C = images.size(1);
  const int64_t p = patch_size.height, q = patch_size.width;
  if (p < 1 || q < 1 || images.size(2) % p != 0 || images.size(3) % q != 0) {
    throw UsageError("images of " + size_text({images.size(2), images.size(3)}) +
                     " do not divide into patches of " + size_text(patch_size));
  }
  const int64_t h = images.size(2) / p, w = images.size(3) / q;
  auto x = images.reshape({B, C, h, p, w, q});  // [B, C, h, p, w, q]
  x = x.permute({0, 2, 4, 3, 5, 1});            // [B, h, w, p, q, C]
  return x.reshape({B, h * w, p * q * C});      // [B, L, P]
}

Tensor unpatchify(const Tensor& patches, Size2d grid, Size2d patch_size, int64_t channels) {
  check_shape("patches", patches, {kAny, grid.area(), patch_size.area() * channels});
  const int64_t B = patches.size(0), h = grid.height, w = grid.width;
  const int64_t p = patch_size.height, q = patch_size.width;
  auto x = patches.reshape({B, h, w, p, q, channels});  // [B, h, w, p, q, C]
  x = x.permute({0, 5, 1, 3, 2, 4});                    // [B, C, h, p, w, q]
  return x.reshape({B, channels, h * p, w * q});        // [B, C, H, W]
}

}  // namespace mae
