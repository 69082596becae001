// Predicted patches turned back into pixels and compared with the original.
#pragma once

#include <string>

#include "mae/jobs/inference.h"
#include "mae/jobs/mask_source.h"
#include "mae/masking/word_mask.h"

namespace mae {

/// Where mean and deviation of a hidden patch come from when the model predicts normalised patches
/// (norm_pix_loss). kTruth: from the hidden pixels themselves, which leaks the answer. kVisible:
/// estimated from the visible patches.
enum class PatchStatsSource { kVisible, kTruth };
PatchStatsSource parse_patch_stats(
    const std::string& name);  ///< "visible" or "truth"; UsageError otherwise

/// On the CPU, contiguous.
struct ReconstructedBatch {
  Tensor original;        ///< [B, L, P] uint8; 16-bit pictures scaled to 8 bits
  Tensor reconstruction;  ///< [B, L, P] uint8: predicted where hidden, the original where visible
  Tensor error;           ///< [B, L] float32: mean squared difference of the two, 0 where visible
  Tensor mask;            ///< [B, L] uint8, 1 = hidden
  Tensor guesses;         ///< [B, T] int64, the likeliest piece of each word; undefined without
                          ///< captions
};

/// masks     one a picture; they may hide different numbers of patches
/// captions  what the model reads beside them, where there are any
/// throws NumericError naming the sample whose prediction is not finite
ReconstructedBatch reconstruct(const Inference& inference, PatchStatsSource source,
                               const ImageBatch& batch, const MaskList& masks,
                               const TextInput& captions = {});

/// values [B, L, K] known where mask [B, L] is 0 -> [B, L, K]: elsewhere the mean of the known
/// ones, each weighted by 1 / distance^4 on the grid, so that the nearest neighbours decide. Of the
/// powers 1 to 6 and Gaussians, the fourth estimated the means of hidden patches best: on 60
/// photographs at 14 x 14 patches and mask ratio 0.75, root mean square error 0.114 (second power
/// 0.129) of the full range.
Tensor fill_from_visible(const Tensor& values, const Tensor& mask, const MaskGrid& grid);

}  // namespace mae
