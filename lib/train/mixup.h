// Mixup (Zhang et al., arXiv 1710.09412) and CutMix (Yun et al., arXiv 1905.04899) of whole
// batches, as the published fine-tuning does it (spec 3.5): image b is mixed with image B - 1 - b.
#pragma once

#include "mae/base/random_stream.h"
#include "mae/base/size2d.h"
#include "mae/media/image.h"
#include "mae/ops/tensor.h"

namespace mae {

struct MixupOptions {
  double mixup = 0;  ///< alpha of Beta(alpha, alpha); 0 = off; the recipe of ViT-B, L and H is 0.8
  double cutmix =
      0;  ///< the same for CutMix; the recipe is 1.0. With both, each has half the batches
  bool enabled() const { return mixup > 0 || cutmix > 0; }
};

/// How one batch is mixed.
struct MixupDraw {
  double lam = 1;       ///< share of an image's own content; exact for CutMix's clipped box
  bool cutmix = false;  ///< paste `box` of the partner; else lam * own + (1 - lam) * partner
  Box box;
};

/// throws UsageError  a negative alpha
MixupDraw draw_mixup(const MixupOptions& options, Size2d img_size, RandomStream& random);

/// images [B, C, H, W] or clips [B, C, T, H, W] -> a new tensor of the same shape and type. The
/// middle image of an odd batch is its own partner.
Tensor mix_images(const Tensor& images, const MixupDraw& draw);

}  // namespace mae
