// From stored pixels to what a masked autoencoder reads of them, in one pass: the visible patches,
// and the hidden ones as the decoder must predict them (MAE, section 3).
#pragma once

#include "mae/base/size2d.h"
#include "mae/ops/tensor.h"

namespace mae {

/// Pictures as they are stored, and what their values mean.
struct StoredPixels {
  Tensor samples;  ///< [B, H, W, C] uint8 or uint16
  Tensor table;    ///< [C, 256] or [C, 65536] float32: each value normalised
};

struct MaskedPatches {
  Tensor visible;  ///< [B, L_vis, P] in the order of ids_keep, the channel slowest, as the weights
                   ///< of a patch embedding have it
  Tensor target;   ///< [B, L_hid, P] in the order of ids_hidden, the channel fastest, as patchify()
                   ///< has it; with norm_pix_loss normalised as normalize_patches()
};

/// Whether masked_patches() works there: on the CPU always, on CUDA with kernels built for it.
bool has_masked_patches(c10::Device device);

/// pixels                samples and table on one device
/// ids_keep, ids_hidden  [B, L_vis], [B, L_hid] int64 on that device, of patches in raster order
/// returns               float32; on CUDA without waiting
/// throws                UsageError   shapes do not fit, or an index is no patch (CPU)
///                       ResourceError  the kernel cannot be started
MaskedPatches masked_patches(const StoredPixels& pixels, const Tensor& ids_keep,
                             const Tensor& ids_hidden, Size2d patch_size, bool norm_pix_loss);

}  // namespace mae
