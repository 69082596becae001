// The small parts of a vision transformer as modules whose parameter names equal the published
// checkpoints'.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "mae/base/size2d.h"
#include "mae/nn/module.h"
#include "mae/nn/packed_linear.h"
#include "mae/ops/layer_norm.h"

namespace mae {

/// weight [out, in], bias [out]. Parameters are allocated empty; models/initialize.h fills them.
class Linear : public Module {
 public:
  Linear(int64_t in_features, int64_t out_features, bool bias = true);
  Tensor forward(const Tensor& x) const;  ///< [..., in] -> [..., out]
  /// The same with another bias, or with exact GELU behind it.
  Tensor forward(const Tensor& x, const Tensor& other_bias) const;
  Tensor forward_gelu(const Tensor& x) const;
  Tensor weight, bias;

  /// From now on products run on these weights, without gradients; null: on `weight` again.
  void use_packed(std::shared_ptr<const PackedLinear> packed) { packed_ = std::move(packed); }
  /// While set, forward() calls it with what comes in.
  void observe(std::function<void(const Tensor& x)> observer) { observer_ = std::move(observer); }

 private:
  std::shared_ptr<const PackedLinear> packed_;
  std::function<void(const Tensor&)> observer_;
};

/// Over the last dimension; weight 1 and bias 0 at first.
class LayerNorm : public Module {
 public:
  LayerNorm(int64_t features, double eps);
  Tensor forward(const Tensor& x) const;
  /// layer_norm() and add_layer_norm(): for a matrix product, in the type that one reads.
  Tensor forward_for_product(const Tensor& x) const;
  std::pair<Tensor, Tensor> forward_sum(const Tensor& x, const Tensor& branch) const;
  Tensor weight, bias;

 private:
  int64_t features_;
  double eps_;
};

/// Non-overlapping patches to tokens: the published convolution (kernel = stride = patch), computed
/// as a matrix product.
class PatchEmbed : public Module {
 public:
  PatchEmbed(Size2d patch_size, int64_t in_chans, int64_t embed_dim);
  Tensor forward(const Tensor& images) const;  ///< [B, C, H, W] -> [B, L, D], raster order
  /// Patches [B, K, C * h * w], the channel slowest -> [B, K, D]
  Tensor project(const Tensor& patches) const;

 private:
  /// Holds proj.weight [D, C, h, w] and proj.bias [D].
  class Projection : public Module {
   public:
    Projection(Size2d patch_size, int64_t in_chans, int64_t embed_dim);
    Tensor weight, bias;
  };
  Size2d patch_size_;
  std::shared_ptr<Projection> proj_;
};

}  // namespace mae
