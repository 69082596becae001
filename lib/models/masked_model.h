// What every self-supervised model offers the tools, so that a new paper is a new file and no
// branch elsewhere.
#pragma once

#include <torch/csrc/api/include/torch/nn/module.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "mae/base/size2d.h"
#include "mae/masking/patch_selection.h"

namespace mae {

struct PretrainOutput {
  Tensor loss;  ///< scalar
  Tensor pred;  ///< [B, L, P], raster order, in the space of the target (normalised pixels, or per
                ///< patch with norm_pix_loss)
};

/// What to keep while encoding besides the final tokens.
struct EncodeRequest {
  std::vector<int64_t> blocks;  ///< 1-based blocks whose output tokens are wanted
  bool attention = false;       ///< the class token's attention in the last block
};

struct EncoderOutput {
  Tensor tokens;  ///< [B, 1 + L_vis, D]: class token, then visible patches in the order of ids_keep
                  ///< (raster when all)
  std::vector<Tensor> blocks;  ///< each [B, 1 + L_vis, D], before the final norm
  Tensor attention;            ///< [B, N, L_vis]: class token's attention to the patches
};

class MaskedModel : public torch::nn::Module {
 public:
  /// Whole pretraining pass: images [B, C, H, W] normalised, any floating type equal to the
  /// parameters'.
  virtual PretrainOutput forward(const Tensor& images, const PatchSelection& selection) = 0;
  /// Encoder alone; nothing hidden when `selection` is null.
  virtual EncoderOutput encode(const Tensor& images, const PatchSelection* selection = nullptr,
                               const EncodeRequest& request = {}) = 0;
  virtual bool has_decoder() const = 0;
  virtual Size2d img_size() const = 0;
  virtual Size2d patch_size() const = 0;
  virtual int64_t in_chans() const = 0;
  virtual int64_t embed_dim() const = 0;
  virtual int64_t depth() const = 0;
  virtual bool norm_pix_loss() const = 0;
  /// Everything needed to build it again; "model" names the architecture ("mae").
  virtual nlohmann::json config() const = 0;
  /// Fresh weights as published (spec 1.10), each parameter from the stream (seed, "init", 0, its
  /// name).
  virtual void initialize(uint64_t seed) = 0;

  Size2d grid() const {
    return {img_size().height / patch_size().height, img_size().width / patch_size().width};
  }
};

}  // namespace mae
