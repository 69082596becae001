// Views and one permutation each way.
#include "mae/ops/tubelets.h"

#include "mae/base/error.h"

namespace mae {

Tensor tubelets(const Tensor& videos, int64_t tubelet_size, Size2d patch_size) {
  check_shape("videos", videos, {kAny, kAny, kAny, kAny, kAny});
  const int64_t B = videos.size(0), C = videos.size(1);
  const int64_t t = tubelet_size, p = patch_size.height, q = patch_size.width;
  if (t < 1 || p < 1 || q < 1 || videos.size(2) % t != 0 || videos.size(3) % p != 0 ||
      videos.size(4) % q != 0) {
    throw UsageError("videos of " + std::to_string(videos.size(2)) + " frames of " +
                     size_text({videos.size(3), videos.size(4)}) +
                     " do not divide into tubelets of " + std::to_string(t) + " frames of " +
                     size_text(patch_size));
  }
  const int64_t s = videos.size(2) / t, h = videos.size(3) / p, w = videos.size(4) / q;
  Tensor x = videos.reshape({B, C, s, t, h, p, w, q});  // [B, C, s, t, h, p, w, q]
  x = x.permute({0, 2, 4, 6, 3, 5, 7, 1});              // [B, s, h, w, t, p, q, C]
  return x.reshape({B, s * h * w, t * p * q * C});      // [B, L, t * p * q * C]
}

Tensor videos_of_tubelets(const Tensor& tokens, int64_t slots, Size2d grid, int64_t tubelet_size,
                          Size2d patch_size) {
  const int64_t t = tubelet_size, p = patch_size.height, q = patch_size.width;
  check_shape("tokens", tokens, {kAny, slots * grid.area(), kAny});
  const int64_t B = tokens.size(0), C = tokens.size(2) / (t * p * q);
  check_shape("tokens", tokens, {kAny, kAny, t * p * q * C});
  Tensor x = tokens.reshape({B, slots, grid.height, grid.width, t, p, q, C});
  x = x.permute({0, 7, 1, 4, 2, 5, 3, 6});  // [B, C, s, t, h, p, w, q]
  return x.reshape({B, C, slots * t, grid.height * p, grid.width * q});
}

}  // namespace mae
