// Sums over a block of kPatchLanes threads. Private to kernels.
#pragma once

#include "mae/ops/kernels/patch_arithmetic.h"

namespace mae::kernels {

/// Every thread gets the sum. `scratch` [kPatchLanes / 32] is shared by the block.
__device__ inline float block_sum(float value, float* scratch) {
  for (int offset = 16; offset > 0; offset /= 2)
    value += __shfl_xor_sync(0xffffffffu, value, offset);
  if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = value;
  __syncthreads();
  float total = 0;
  for (int i = 0; i < kPatchLanes / 32; ++i) total += scratch[i];
  __syncthreads();
  return total;
}

/// A patch that the threads of a block have written themselves, each its own lane's values.
__device__ inline void normalize_patch(float* values, int64_t count, float* scratch) {
  const int lane = threadIdx.x;
  const float mean = block_sum(lane_sum(values, count, lane), scratch) / static_cast<float>(count);
  const float squares = block_sum(lane_squares(values, count, mean, lane), scratch);
  const float deviation = patch_deviation(squares, count);
  for (int64_t i = lane; i < count; i += kPatchLanes) values[i] = (values[i] - mean) / deviation;
}

}  // namespace mae::kernels
