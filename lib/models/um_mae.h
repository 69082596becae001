// Uniform masking for pyramid transformers (UM-MAE, Li et al., arXiv 2205.10063): one unit in every
// 2 x 2 is visible, the visible ones close up to a dense grid of half the sides, and a quarter of
// them enter as a learned token. What PVT and Swin share: masks, decoder and loss (spec of variants
// 1.2 to 1.7).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mae/masking/mask_strategy.h"
#include "mae/models/stage_walk.h"
#include "mae/nn/mae_decoder.h"

namespace mae {

struct UmMaeOptions {
  Size2d stride{16, 16};            ///< pixels of a unit, the cell of the mask
  int64_t decoder_embed_dim = 512;  ///< 0: encoder only
  int64_t decoder_depth = 2, decoder_num_heads = 16;
  bool norm_pix_loss = false;    ///< the published recipe sets it
  double vis_mask_ratio = 0.25;  ///< share of the visible units that enter as a token; 0: there is
                                 ///< no vis_mask_token
  /// "reference": as published, where visible tokens stand group by group but get the positions of
  /// the visible units in raster order, so that three in four get that of another unit of the same
  /// two rows. "consistent": every token gets its own position. Published weights want "reference".
  std::string decoder_pos_order = "reference";
};
void to_json(nlohmann::json& json, const UmMaeOptions& options);
void from_json(const nlohmann::json& json, UmMaeOptions& options);

/// As published for PVT and Swin, classifiers too: linear layers and the patch embedding Xavier
/// uniform, other convolutions N(0, sqrt(2 / fan_out)), biases 0, tokens N(0, 0.02), the
/// classifier's head N(0, 2e-5).
void initialize_pyramid(Module& module, uint64_t seed);

class UmMae : public MaskedModel {
 public:
  /// selection  with exactly one visible unit in every 2 x 2 (MaskStrategy::kUniform), its
  ///            token_mask says which of these enter as a token; else UsageError
  PretrainOutput forward(const Tensor& images, const PatchSelection& selection) override;
  /// Tokens are those of the last stage: with a selection [B, L / 16, D] of the closed-up grid,
  /// without [B, L / 4, D], each of them 2 x 2 units. Maps need a whole picture.
  EncoderOutput encode(const Tensor& images, const PatchSelection* selection = nullptr,
                       const EncodeRequest& request = {}) override;
  /// latent [B, L / 16, D] -> [B, L, P] in the published order: visible units, then hidden ones in
  /// raster order.
  Tensor decode(const Tensor& latent, const PatchSelection& selection);

  bool has_decoder() const override { return decoder_.has_value(); }
  MaskingOptions default_masking() const override {
    return {MaskStrategy::kUniform, 0.75, options_.vis_mask_ratio};
  }
  void check_masking(MaskStrategy strategy) const override;
  int64_t num_prefix_tokens() const override { return 0; }
  std::vector<int64_t> map_strides() const override;
  Size2d img_size() const override { return sizes_.img_size; }
  Size2d patch_size() const override { return options_.stride; }
  int64_t in_chans() const override { return sizes_.in_chans; }
  int64_t embed_dim() const override { return sizes_.last_dim; }
  int64_t depth() const override { return sizes_.depth; }
  bool norm_pix_loss() const override { return options_.norm_pix_loss; }
  void initialize(uint64_t seed) override { initialize_pyramid(*this, seed); }

 protected:
  struct Sizes {
    Size2d img_size, patch_size;
    int64_t in_chans, first_dim, last_dim, depth, stages;
    double layer_norm_eps, decoder_mlp_ratio;
  };
  /// What the stages see of a picture.
  struct Visible {
    Tensor images;  ///< [B, C, H, W], or closed up [B, C, H / 2, W / 2]
    Tensor units;   ///< [B, L / 4], as visible_units gives them; undefined: the picture is whole
    Tensor tokens;  ///< [B, h, w, 1] bool, cells that enter as vis_mask_token; undefined: none
  };
  UmMae(const UmMaeOptions& options, const Sizes& sizes);
  /// [B, h, w, last_dim], after the last block.
  virtual Tensor encode_cells(const Visible& visible, StageWalk& walk) = 0;
  /// Cells of the first stage in a unit.
  Size2d unit_cells() const;
  const Tensor& vis_mask_token() const { return vis_mask_token_; }

 private:
  /// Rows of the position table, in the order of the decoder's tokens.
  struct DecoderOrder {
    Tensor visible, hidden;  ///< [B, L / 4], [B, 3 L / 4]
  };
  DecoderOrder decoder_order(const Tensor& mask) const;
  Visible close_up(const Tensor& images, const PatchSelection& selection) const;

  UmMaeOptions options_;
  Sizes sizes_;
  Tensor vis_mask_token_;
  std::shared_ptr<LayerNorm> norm_;
  std::optional<MaeDecoder> decoder_;
};

/// Throws UsageError unless stride, stages and decoder fit together. Call before the check of the
/// stages, which run on closed_up_cells().
void check_options(const UmMaeOptions& o, Size2d img_size, Size2d patch_size, int64_t stages);
/// Cells of the first stage in a closed-up picture.
Size2d closed_up_cells(Size2d img_size, Size2d patch_size);

}  // namespace mae
