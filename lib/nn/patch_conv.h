// The convolutions of hierarchical models on channel-last grids [B, H, W, C]: strided ones without
// overlap (1 x 1 included) are matrix products, depthwise ones go to LibTorch.
#pragma once

#include "mae/base/size2d.h"
#include "mae/nn/layers.h"
#include "mae/nn/module.h"

namespace mae {

/// Kernel = stride = patch: weight [out, in, h, w], bias [out].
class PatchConv : public Module {
 public:
  PatchConv(int64_t in_chans, int64_t out_chans, Size2d patch = {1, 1});
  Tensor forward(const Tensor& x) const;  ///< [B, H, W, C] -> [B, H/h, W/w, D]
  Tensor weight, bias;

 private:
  Size2d patch_;
};

/// One odd square kernel a channel, stride 1, zeros outside: weight [C, 1, k, k], bias [C].
class DepthwiseConv : public Module {
 public:
  DepthwiseConv(int64_t channels, int64_t kernel);
  Tensor forward(const Tensor& x) const;  ///< [B, H, W, C] -> [B, H, W, C]
  Tensor weight, bias;
};

/// norm(proj(x)): the embedding at the entrance of a stage.
class ConvEmbed : public Module {
 public:
  ConvEmbed(int64_t in_chans, int64_t embed_dim, Size2d patch, double layer_norm_eps);
  Tensor forward(const Tensor& x) const;  ///< [B, H, W, C] -> [B, H/h, W/w, D]
  /// The norm alone, for tokens put in the place of patches.
  Tensor normalize(const Tensor& x) const { return norm_->forward(x); }

 private:
  std::shared_ptr<PatchConv> proj_;
  std::shared_ptr<LayerNorm> norm_;
};

/// Swin's merging of 2 x 2 cells: norm over 4C, then "reduction" [2C, 4C] without bias.
class PatchMerge : public Module {
 public:
  PatchMerge(int64_t dim, double layer_norm_eps);
  Tensor forward(const Tensor& x) const;  ///< [..., H, W, C] -> [..., H/2, W/2, 2C]

 private:
  std::shared_ptr<LayerNorm> norm_;
  std::shared_ptr<Linear> reduction_;
};

}  // namespace mae
