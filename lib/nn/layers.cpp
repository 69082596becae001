// Parameters are registered under the published names and left uninitialised.
#include "mae/nn/layers.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

namespace mae {

Linear::Linear(int64_t in_features, int64_t out_features, bool with_bias) {
  weight = register_parameter("weight", at::empty({out_features, in_features}));
  if (with_bias) bias = register_parameter("bias", at::zeros({out_features}));
}

Tensor Linear::forward(const Tensor& x) const { return forward(x, bias); }

Tensor Linear::forward(const Tensor& x, const Tensor& other_bias) const {
  if (observer_) observer_(x);
  if (packed_) return packed_->forward(x, other_bias, Activation::kNone);
  return at::linear(x, weight, other_bias);
}

Tensor Linear::forward_gelu(const Tensor& x) const {
  if (!packed_) return at::gelu(forward(x), /*approximate=*/"none");
  if (observer_) observer_(x);
  return packed_->forward(x, bias, Activation::kGelu);
}

LayerNorm::LayerNorm(int64_t features, double eps) : features_(features), eps_(eps) {
  weight = register_parameter("weight", at::ones({features}));
  bias = register_parameter("bias", at::zeros({features}));
}

Tensor LayerNorm::forward(const Tensor& x) const {
  return at::layer_norm(x, {features_}, weight, bias, eps_);
}

Tensor LayerNorm::forward_for_product(const Tensor& x) const {
  return layer_norm(x, {weight, bias, eps_});
}

std::pair<Tensor, Tensor> LayerNorm::forward_sum(const Tensor& x, const Tensor& branch) const {
  return add_layer_norm(x, branch, {weight, bias, eps_});
}

PatchEmbed::Projection::Projection(Size2d patch_size, int64_t in_chans, int64_t embed_dim) {
  weight = register_parameter(
      "weight", at::empty({embed_dim, in_chans, patch_size.height, patch_size.width}));
  bias = register_parameter("bias", at::zeros({embed_dim}));
}

PatchEmbed::PatchEmbed(Size2d patch_size, int64_t in_chans, int64_t embed_dim)
    : patch_size_(patch_size) {
  proj_ = register_module("proj", std::make_shared<Projection>(patch_size, in_chans, embed_dim));
}

Tensor PatchEmbed::forward(const Tensor& images) const {
  const int64_t B = images.size(0), C = images.size(1);
  const int64_t p = patch_size_.height, q = patch_size_.width;
  const int64_t h = images.size(2) / p, w = images.size(3) / q;
  Tensor x = images.reshape({B, C, h, p, w, q});  // [B, C, h, p, w, q]
  x = x.permute({0, 2, 4, 1, 3, 5})
          .reshape({B, h * w, C * p * q});  // [B, L, C*p*q], the kernel's order
  return project(x);
}

Tensor PatchEmbed::project(const Tensor& patches) const {
  return at::linear(patches, proj_->weight.flatten(/*start_dim=*/1), proj_->bias);
}

}  // namespace mae
