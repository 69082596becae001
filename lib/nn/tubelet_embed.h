// Videos to tokens: the published 3-D convolution with kernel = stride = tubelet, computed as a
// matrix product.
#pragma once

#include "mae/nn/layers.h"

namespace mae {

class TubeletEmbed : public Module {
 public:
  TubeletEmbed(int64_t tubelet_size, Size2d patch_size, int64_t in_chans, int64_t embed_dim);
  /// [B, C, T, H, W] -> [B, L, D], time slot slowest, then raster order
  Tensor forward(const Tensor& videos) const;

 private:
  /// Holds proj.weight [D, C, t, h, w] and proj.bias [D].
  class Projection : public Module {
   public:
    Projection(int64_t tubelet_size, Size2d patch_size, int64_t in_chans, int64_t embed_dim);
    Tensor weight, bias;
  };
  int64_t tubelet_size_;
  Size2d patch_size_;
  std::shared_ptr<Projection> proj_;
};

}  // namespace mae
