// Checks, memory, and the choice between the two halves of the kernel.
#include "mae/ops/masked_patches.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "mae/base/error.h"
#include "mae/ops/current_stream.h"
#include "mae/ops/kernels/masked_patches.h"

namespace mae {
namespace {

constexpr int64_t kPatchesPerTask = 64;

void check_ids(const char* name, const Tensor& ids, int64_t patches) {
  if (!ids.device().is_cpu() || ids.numel() == 0) return;  // made by us, and not worth a wait
  const auto* values = ids.data_ptr<int64_t>();
  for (int64_t i = 0; i < ids.numel(); ++i)
    if (values[i] < 0 || values[i] >= patches)
      throw UsageError(std::string(name) + " names patch " + std::to_string(values[i]) +
                       "; there are " + std::to_string(patches));
}

}  // namespace

bool has_masked_patches(c10::Device device) {
#ifdef MAE_WITH_CUDA
  return device.is_cpu() || device.is_cuda();
#else
  return device.is_cpu();
#endif
}

MaskedPatches masked_patches(const StoredPixels& pixels, const Tensor& ids_keep,
                             const Tensor& ids_hidden, Size2d patch_size, bool norm_pix_loss) {
  check_shape("samples", pixels.samples, {kAny, kAny, kAny, kAny});
  const Tensor samples = pixels.samples.contiguous(), table = pixels.table.contiguous();
  const int64_t B = samples.size(0), C = samples.size(3);
  const int bytes = samples.scalar_type() == at::kByte ? 1 : 2;
  check_shape("table", table, {C, int64_t{1} << (8 * bytes)});
  check_shape("ids_keep", ids_keep, {B, kAny});
  check_shape("ids_hidden", ids_hidden, {B, kAny});
  if (bytes == 2 && samples.scalar_type() != at::kUInt16)
    throw UsageError("stored pixels are of 8 or 16 bits");
  if (patch_size.area() <= 0 || samples.size(1) % patch_size.height != 0 ||
      samples.size(2) % patch_size.width != 0)
    throw UsageError("patches do not divide the pictures", "--patch-size");
  const kernels::MaskedPatchShape shape{B,
                                        C,
                                        samples.size(1),
                                        samples.size(2),
                                        patch_size.height,
                                        patch_size.width,
                                        ids_keep.size(1),
                                        ids_hidden.size(1)};
  const Tensor keep = ids_keep.contiguous(), hidden = ids_hidden.contiguous();
  check_ids("ids_keep", keep, shape.patches());
  check_ids("ids_hidden", hidden, shape.patches());
  MaskedPatches out{at::empty({B, shape.visible, shape.values()}, table.options()),
                    at::empty({B, shape.hidden, shape.values()}, table.options())};
  const kernels::MaskedPatchArguments arguments{samples.data_ptr(),
                                                bytes,
                                                table.data_ptr<float>(),
                                                keep.data_ptr<int64_t>(),
                                                hidden.data_ptr<int64_t>(),
                                                norm_pix_loss,
                                                out.visible.data_ptr<float>(),
                                                out.target.data_ptr<float>()};
  if (samples.is_cpu()) {
    at::parallel_for(0, B * (shape.visible + shape.hidden), kPatchesPerTask,
                     [&](int64_t first, int64_t last) {
                       kernels::masked_patches(arguments, shape, first, last);
                     });
    return out;
  }
#ifdef MAE_WITH_CUDA
  const char* failure =
      kernels::masked_patches_cuda(arguments, shape, current_stream(samples.device()));
  if (failure)
    throw ResourceError(std::string("a CUDA kernel failed: ") + failure, "masked_patches");
  return out;
#else
  throw ResourceError("was built without CUDA kernels", "masked_patches");
#endif
}

}  // namespace mae
