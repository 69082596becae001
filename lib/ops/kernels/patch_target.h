// CUDA twin of patch_target, free of LibTorch so that it compiles in a second.
#pragma once

#include <cstdint>

namespace mae::kernels {

/// Sizes of images [batch, channels, height, width] and of one patch; height and width divide.
struct PatchTargetShape {
  int64_t batch, channels, height, width, patch_height, patch_width;
  int64_t patches() const { return (height / patch_height) * (width / patch_width); }
  int64_t values() const { return patch_height * patch_width * channels; }
};

/// images, target  device memory, float32, packed; target [batch, patches, values], the channel
/// fastest
/// normalize       subtract each patch's mean, divide by sqrt(unbiased variance + 1e-6)
/// stream          a cudaStream_t; nobody waits for it
/// Returns null or CUDA's words for what failed.
const char* patch_target(const float* images, float* target, const PatchTargetShape& shape,
                         bool normalize, void* stream);

}  // namespace mae::kernels
