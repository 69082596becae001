// One block of threads gathers one patch, and in the same pass over shared memory normalises it.
#include <cuda_runtime.h>

#include "mae/ops/kernels/patch_target.h"

namespace mae::kernels {
namespace {

constexpr int kThreads = 128;

// Sum over the block; every thread gets it. `scratch` holds one float a warp.
__device__ float block_sum(float value, float* scratch) {
  for (int offset = 16; offset > 0; offset /= 2)
    value += __shfl_xor_sync(0xffffffffu, value, offset);
  const int warp = threadIdx.x / 32;
  if (threadIdx.x % 32 == 0) scratch[warp] = value;
  __syncthreads();
  float total = 0;
  for (int i = 0; i < kThreads / 32; ++i) total += scratch[i];
  __syncthreads();
  return total;
}

__global__ void patch_target_kernel(const float* __restrict__ images, float* __restrict__ target,
                                    PatchTargetShape s, bool normalize) {
  __shared__ float scratch[kThreads / 32];
  const int64_t grid_width = s.width / s.patch_width, patches = (s.height / s.patch_height) * grid_width;
  const int64_t sample = blockIdx.x / patches, patch = blockIdx.x % patches;
  const int64_t top = (patch / grid_width) * s.patch_height,
                left = (patch % grid_width) * s.patch_width;
  const int64_t count = s.patch_height * s.patch_width * s.channels;
  float* out = target + blockIdx.x * count;
  float sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) {
    const int64_t channel = i % s.channels, pixel = i / s.channels;
    const int64_t row = top + pixel / s.patch_width, column = left + pixel % s.patch_width;
    const float value =
        images[((sample * s.channels + channel) * s.height + row) * s.width + column];
    out[i] = value;
    sum += value;
  }
  if (!normalize) return;
  const float mean = block_sum(sum, scratch) / static_cast<float>(count);
  float squares = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads)
    squares += (out[i] - mean) * (out[i] - mean);
  const float variance = block_sum(squares, scratch) / static_cast<float>(count - 1);
  const float scale = 1.0f / sqrtf(variance + 1e-6f);
  for (int64_t i = threadIdx.x; i < count; i += kThreads) out[i] = (out[i] - mean) * scale;
}

}  // namespace

const char* patch_target(const float* images, float* target, const PatchTargetShape& shape,
                         bool normalize) {
  const int64_t blocks = shape.batch * shape.patches();
  if (blocks == 0) return nullptr;
  patch_target_kernel<<<static_cast<unsigned>(blocks), kThreads>>>(images, target, shape,
                                                                   normalize);
  const cudaError_t status = cudaGetLastError();
  return status == cudaSuccess ? nullptr : cudaGetErrorString(status);
}

}  // namespace mae::kernels
