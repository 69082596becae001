// Arithmetic of patches for the CPU and for CUDA alike, so that tests on the CPU run what a GPU
// runs: what pixel values mean, where they lie, and a patch's mean and deviation in the order of a
// block of threads. Private to kernels.
#pragma once

#include <cmath>
#include <cstdint>

#include "mae/ops/kernels/masked_patches.h"

#ifdef __CUDACC__
#define MAE_HOST_DEVICE __host__ __device__
#else
#define MAE_HOST_DEVICE
#endif

namespace mae::kernels {

/// Threads that share a patch. The CPU takes their turns one after the other.
constexpr int kPatchLanes = 128;

/// Stored pictures [B, H, W, C], and the normalised value of each pixel value [C, values].
template <typename Sample>
struct PixelSource {
  const Sample* samples;
  const float* table;
  MaskedPatchShape shape;

  MAE_HOST_DEVICE float at(int64_t picture, int64_t row, int64_t column, int64_t channel) const {
    constexpr int64_t kValues = int64_t{1} << (8 * sizeof(Sample));
    const int64_t pixel = (picture * shape.height + row) * shape.width + column;
    return table[channel * kValues + samples[pixel * shape.channels + channel]];
  }

  /// Value i of a patch, i in (channel, row, column): the order of a convolution's weights.
  MAE_HOST_DEVICE float visible_value(int64_t picture, int64_t patch, int64_t i) const {
    const int64_t area = shape.patch_height * shape.patch_width, inside = i % area;
    return at(picture, top(patch) + inside / shape.patch_width,
              left(patch) + inside % shape.patch_width, i / area);
  }

  /// Value i of a patch, i in (row, column, channel): the order of patchify().
  MAE_HOST_DEVICE float target_value(int64_t picture, int64_t patch, int64_t i) const {
    const int64_t pixel = i / shape.channels;
    return at(picture, top(patch) + pixel / shape.patch_width,
              left(patch) + pixel % shape.patch_width, i % shape.channels);
  }

 private:
  MAE_HOST_DEVICE int64_t top(int64_t patch) const {
    return patch / (shape.width / shape.patch_width) * shape.patch_height;
  }
  MAE_HOST_DEVICE int64_t left(int64_t patch) const {
    return patch % (shape.width / shape.patch_width) * shape.patch_width;
  }
};

/// What one lane adds to a patch's sum, and to its sum of squared differences from the mean.
MAE_HOST_DEVICE inline float lane_sum(const float* values, int64_t count, int lane) {
  float sum = 0;
  for (int64_t i = lane; i < count; i += kPatchLanes) sum += values[i];
  return sum;
}
MAE_HOST_DEVICE inline float lane_squares(const float* values, int64_t count, float mean,
                                          int lane) {
  float sum = 0;
  for (int64_t i = lane; i < count; i += kPatchLanes)
    sum += (values[i] - mean) * (values[i] - mean);
  return sum;
}
/// (x - mean) / sqrt(unbiased variance + 1e-6), as patch_loss.h
MAE_HOST_DEVICE inline float patch_deviation(float squares, int64_t count) {
  return sqrtf(squares / static_cast<float>(count - 1) + 1e-6F);
}

}  // namespace mae::kernels
