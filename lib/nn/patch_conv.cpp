#include "mae/nn/patch_conv.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>

#include "mae/ops/grid_ops.h"

namespace mae {

PatchConv::PatchConv(int64_t in_chans, int64_t out_chans, Size2d patch) : patch_(patch) {
  weight =
      register_parameter("weight", at::empty({out_chans, in_chans, patch.height, patch.width}));
  bias = register_parameter("bias", at::zeros({out_chans}));
}

Tensor PatchConv::forward(const Tensor& x) const {
  const Tensor matrix = weight.flatten(/*start_dim=*/1);  // [D, C*p*q]
  const int64_t p = patch_.height, q = patch_.width;
  if (p == 1 && q == 1) return at::linear(x, matrix, bias);
  const int64_t B = x.size(0), h = x.size(1) / p, w = x.size(2) / q, C = x.size(3);
  const Tensor patches = x.reshape({B, h, p, w, q, C})     // [B, h, p, w, q, C]
                             .permute({0, 1, 3, 5, 2, 4})  // [B, h, w, C, p, q], kernel's order
                             .reshape({B, h, w, C * p * q});
  return at::linear(patches, matrix, bias);  // [B, h, w, D]
}

DepthwiseConv::DepthwiseConv(int64_t channels, int64_t kernel) {
  weight = register_parameter("weight", at::empty({channels, 1, kernel, kernel}));
  bias = register_parameter("bias", at::zeros({channels}));
}

Tensor DepthwiseConv::forward(const Tensor& x) const {
  const int64_t padding = weight.size(2) / 2;
  // The permutation is a view whose memory is channels-last, which the kernels know.
  const Tensor y = at::conv2d(x.permute({0, 3, 1, 2}), weight, bias, /*stride=*/{1, 1},
                              /*padding=*/{padding, padding}, /*dilation=*/{1, 1},
                              /*groups=*/weight.size(0));
  return y.permute({0, 2, 3, 1});
}

ConvEmbed::ConvEmbed(int64_t in_chans, int64_t embed_dim, Size2d patch, double layer_norm_eps) {
  proj_ = register_module("proj", std::make_shared<PatchConv>(in_chans, embed_dim, patch));
  norm_ = register_module("norm", std::make_shared<LayerNorm>(embed_dim, layer_norm_eps));
}

Tensor ConvEmbed::forward(const Tensor& x) const { return norm_->forward(proj_->forward(x)); }

PatchMerge::PatchMerge(int64_t dim, double layer_norm_eps) {
  norm_ = register_module("norm", std::make_shared<LayerNorm>(4 * dim, layer_norm_eps));
  reduction_ =
      register_module("reduction", std::make_shared<Linear>(4 * dim, 2 * dim, /*bias=*/false));
}

Tensor PatchMerge::forward(const Tensor& x) const {
  return reduction_->forward(norm_->forward(merge_quads(x)));
}

}  // namespace mae
