// Chooses between the plain functions and their CUDA twin.
#include "mae/ops/patch_target.h"

#include "mae/ops/patch_loss.h"
#include "mae/ops/patchify.h"

#ifdef MAE_WITH_CUDA
#include <ATen/ops/empty.h>

#include "mae/base/error.h"
#include "mae/ops/current_stream.h"
#include "mae/ops/kernels/patch_target.h"
#endif

namespace mae {
namespace {

#ifdef MAE_WITH_CUDA
Tensor patch_target_on_cuda(const Tensor& images, Size2d patch_size, bool norm_pix_loss) {
  const Tensor pixels = images.contiguous();
  const kernels::PatchTargetShape shape{pixels.size(0), pixels.size(1),    pixels.size(2),
                                        pixels.size(3), patch_size.height, patch_size.width};
  Tensor target =
      at::empty({shape.batch, shape.patches(), shape.values()}, pixels.options());  // [B, L, P]
  const char* failure =
      kernels::patch_target(pixels.data_ptr<float>(), target.data_ptr<float>(), shape,
                            norm_pix_loss, current_stream(pixels.device()));
  if (failure) throw ResourceError(std::string("a CUDA kernel failed: ") + failure, "patch_target");
  return target;
}
#endif

}  // namespace

Tensor patch_target(const Tensor& images, Size2d patch_size, bool norm_pix_loss) {
  const Tensor pixels = images.detach();
#ifdef MAE_WITH_CUDA
  const bool divides = patch_size.area() > 0 && pixels.dim() == 4 &&
                       pixels.size(2) % patch_size.height == 0 &&
                       pixels.size(3) % patch_size.width == 0;
  if (pixels.is_cuda() && pixels.scalar_type() == at::kFloat && divides) {
    return patch_target_on_cuda(pixels, patch_size, norm_pix_loss);
  }
#endif
  const Tensor target = patchify(pixels, patch_size);  // [B, L, P]
  return norm_pix_loss ? normalize_patches(target) : target;
}

}  // namespace mae
