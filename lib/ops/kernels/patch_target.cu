// One block of threads gathers one patch, and in the same pass over shared memory normalises it.
#include <cuda_runtime.h>

#include "mae/ops/kernels/block_sum.cuh"
#include "mae/ops/kernels/patch_target.h"

namespace mae::kernels {
namespace {

__global__ void patch_target_kernel(const float* __restrict__ images, float* __restrict__ target,
                                    PatchTargetShape s, bool normalize) {
  __shared__ float scratch[kPatchLanes / 32];
  const int64_t grid_width = s.width / s.patch_width, patches = (s.height / s.patch_height) * grid_width;
  const int64_t sample = blockIdx.x / patches, patch = blockIdx.x % patches;
  const int64_t top = (patch / grid_width) * s.patch_height,
                left = (patch % grid_width) * s.patch_width;
  const int64_t count = s.patch_height * s.patch_width * s.channels;
  float* out = target + blockIdx.x * count;
  for (int64_t i = threadIdx.x; i < count; i += kPatchLanes) {
    const int64_t channel = i % s.channels, pixel = i / s.channels;
    const int64_t row = top + pixel / s.patch_width, column = left + pixel % s.patch_width;
    out[i] = images[((sample * s.channels + channel) * s.height + row) * s.width + column];
  }
  if (normalize) normalize_patch(out, count, scratch);
}

}  // namespace

const char* patch_target(const float* images, float* target, const PatchTargetShape& shape,
                         bool normalize, void* stream) {
  const int64_t blocks = shape.batch * shape.patches();
  if (blocks == 0) return nullptr;
  patch_target_kernel<<<static_cast<unsigned>(blocks), kPatchLanes, 0,
                        static_cast<cudaStream_t>(stream)>>>(images, target, shape, normalize);
  const cudaError_t status = cudaGetLastError();
  return status == cudaSuccess ? nullptr : cudaGetErrorString(status);
}

}  // namespace mae::kernels
