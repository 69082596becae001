// What the decoder predicts of a hidden patch (MAE, Table 1d): pixels, pixels normalised in two
// ways, coefficients of principal components, or the number of the nearest code of a codebook.
#pragma once

#include <string>

#include "mae/base/size2d.h"
#include "mae/nn/module.h"
#include "mae/ops/patch_loss.h"

namespace mae {

enum class TargetKind {
  kPixels,             ///< the patch as the model sees pixels
  kNormPixels,         ///< less its mean, over its deviation, channels mixed (norm_pix_loss)
  kNormPixelsChannel,  ///< each channel by its own mean and deviation, as in VideoMAE
  kPca,                ///< coefficients in a basis of the patch space
  kTokens              ///< index of the nearest code; the loss is the cross-entropy
};

/// "pixels", "norm-pixels", "norm-pixels-channel", "pca", "tokens".
const char* target_name(TargetKind kind);
/// throws UsageError listing the names
TargetKind parse_target(const std::string& name);
/// Whether a basis or a codebook belongs to it.
bool has_target_tensors(TargetKind kind);

struct TargetOptions {
  TargetKind kind = TargetKind::kPixels;
  int64_t size = 0;  ///< components of kPca, codes of kTokens; else 0
  Size2d patch_size{16, 16};
  int64_t in_chans = 3;
};

/// Basis and codebook are buffers, so that they travel in checkpoints: kPca has mean [P] and basis
/// [K, P] (orthonormal rows), kTokens has codebook [K, P], both zero until loaded (target_file.h).
/// Others have none. Patches are of normalised pixels, [.., P], the channel fastest.
class ReconstructionTarget : public Module {
 public:
  explicit ReconstructionTarget(const TargetOptions& options);

  /// Numbers the decoder predicts for a patch: P, K components, or K logits.
  int64_t pred_size() const;
  /// images [B, C, H, W] -> target of every patch: [B, L, pred_size()], or labels [B, L] int64 of
  /// kTokens. No gradient flows into images; computed in their own type under autocast too.
  Tensor of(const Tensor& images) const;
  /// pred [B, K, pred_size()], target as of() gives it for the same patches -> [B, K]: the mean
  /// squared difference of each patch, or its cross-entropy.
  Tensor errors(const Tensor& pred, const Tensor& target) const;
  /// Back from a prediction [B, L, pred_size()] to patches [B, L, P], still normalised by stats()
  /// where there are such; of tokens the likeliest code.
  Tensor patches(const Tensor& pred) const;
  /// What each patch [B, L, P] is normalised by; undefined tensors where it is not.
  PatchStats stats(const Tensor& patches) const;

 private:
  TargetOptions options_;
  Tensor mean_, basis_, codebook_;
};

}  // namespace mae
