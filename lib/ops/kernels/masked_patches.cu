// One block of threads makes one patch out of stored pixels: bytes are read once, nothing is
// written that is not used.
#include <cuda_runtime.h>

#include "mae/ops/kernels/block_sum.cuh"

namespace mae::kernels {
namespace {

template <typename Sample>
__global__ void masked_patches_kernel(MaskedPatchArguments a, MaskedPatchShape shape) {
  __shared__ float scratch[kPatchLanes / 32];
  const PixelSource<Sample> source{static_cast<const Sample*>(a.samples), a.table, shape};
  const int64_t wanted = shape.visible + shape.hidden;
  const int64_t count = shape.patch_height * shape.patch_width * shape.channels;
  const int64_t picture = blockIdx.x / wanted, place = blockIdx.x % wanted;
  if (place < shape.visible) {  // the same for all threads of a block
    const int64_t k = picture * shape.visible + place, patch = a.ids_keep[k];
    float* out = a.visible + k * count;
    for (int64_t i = threadIdx.x; i < count; i += kPatchLanes)
      out[i] = source.visible_value(picture, patch, i);
    return;
  }
  const int64_t k = picture * shape.hidden + place - shape.visible, patch = a.ids_hidden[k];
  float* out = a.target + k * count;
  for (int64_t i = threadIdx.x; i < count; i += kPatchLanes)
    out[i] = source.target_value(picture, patch, i);
  if (a.norm_pix_loss) normalize_patch(out, count, scratch);
}

}  // namespace

const char* masked_patches_cuda(const MaskedPatchArguments& arguments,
                                const MaskedPatchShape& shape, void* stream) {
  const auto blocks = static_cast<unsigned>(shape.batch * (shape.visible + shape.hidden));
  if (blocks == 0) return nullptr;
  const auto queue = static_cast<cudaStream_t>(stream);
  if (arguments.bytes == 1)
    masked_patches_kernel<uint8_t><<<blocks, kPatchLanes, 0, queue>>>(arguments, shape);
  else
    masked_patches_kernel<uint16_t><<<blocks, kPatchLanes, 0, queue>>>(arguments, shape);
  const cudaError_t status = cudaGetLastError();
  return status == cudaSuccess ? nullptr : cudaGetErrorString(status);
}

}  // namespace mae::kernels
