// The weight's channels are put last, where tubelets() has them.
#include "mae/nn/tubelet_embed.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>

#include "mae/ops/tubelets.h"

namespace mae {

TubeletEmbed::Projection::Projection(int64_t tubelet_size, Size2d patch_size, int64_t in_chans,
                                     int64_t embed_dim) {
  weight = register_parameter("weight", at::empty({embed_dim, in_chans, tubelet_size,
                                                   patch_size.height, patch_size.width}));
  bias = register_parameter("bias", at::zeros({embed_dim}));
}

TubeletEmbed::TubeletEmbed(int64_t tubelet_size, Size2d patch_size, int64_t in_chans,
                           int64_t embed_dim)
    : tubelet_size_(tubelet_size), patch_size_(patch_size) {
  proj_ = register_module(
      "proj", std::make_shared<Projection>(tubelet_size, patch_size, in_chans, embed_dim));
}

Tensor TubeletEmbed::forward(const Tensor& videos) const {
  const Tensor kernel = proj_->weight.permute({0, 2, 3, 4, 1}).flatten(/*start_dim=*/1);
  return at::linear(tubelets(videos, tubelet_size_, patch_size_), kernel, proj_->bias);
}

}  // namespace mae
