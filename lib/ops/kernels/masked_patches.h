// Stored pixels to what a masked autoencoder reads, on the CPU and on CUDA; free of LibTorch.
#pragma once

#include <cstdint>

namespace mae::kernels {

/// Sizes of stored pictures [batch, height, width, channels] and of one patch; height and width
/// divide.
struct MaskedPatchShape {
  int64_t batch, channels, height, width, patch_height, patch_width;
  int64_t visible, hidden;  ///< patches of a picture that are wanted
  int64_t patches() const { return (height / patch_height) * (width / patch_width); }
  int64_t values() const { return patch_height * patch_width * channels; }
};

struct MaskedPatchArguments {
  const void* samples;  ///< [batch, height, width, channels], uint8 or uint16
  int bytes;            ///< of a sample: 1 or 2
  const float* table;   ///< [channels, 256] or [channels, 65536]: normalised values
  const int64_t *ids_keep,
      *ids_hidden;     ///< [batch, visible], [batch, hidden], each below patches()
  bool norm_pix_loss;  ///< targets less their mean, over their deviation
  float* visible;      ///< out: [batch, visible, values], the channel slowest
  float* target;       ///< out: [batch, hidden, values], the channel fastest
};

/// Patches [first, last) of batch * (visible + hidden): of each picture the visible ones come
/// first.
void masked_patches(const MaskedPatchArguments& arguments, const MaskedPatchShape& shape,
                    int64_t first, int64_t last);

/// All of them in device memory, a block of threads each, on `stream` (a cudaStream_t); nobody
/// waits. Returns null or CUDA's words for what failed.
const char* masked_patches_cuda(const MaskedPatchArguments& arguments,
                                const MaskedPatchShape& shape, void* stream);

}  // namespace mae::kernels
