// HiViT's masked autoencoder (arXiv 2205.14949): its encoder on visible units, features of three
// scales joined, and MAE's decoder without class token.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/hivit_trunk.h"
#include "mae/models/masked_model.h"
#include "mae/models/model_kind.h"
#include "mae/nn/mae_decoder.h"

namespace mae {

struct HivitMaeOptions : HivitOptions {
  /// The latent joins all cells of both stems to the token, 7 embed_dim wide, and is normalised.
  /// Without, it is the last block's token, and "norm" stays unused as in the published code.
  bool hifeat = true;
  int64_t decoder_embed_dim = 512;
  int64_t decoder_depth = 6;
  int64_t decoder_num_heads = 16;
  bool norm_pix_loss = true;  ///< the published code has it always on

  int64_t latent_dim() const { return hifeat ? 7 * embed_dim : embed_dim; }
};

void check_options(const HivitMaeOptions& options);
void to_json(nlohmann::json& json, const HivitMaeOptions& options);
void from_json(const nlohmann::json& json, HivitMaeOptions& options);

class HivitMae : public MaskedModel {
 public:
  explicit HivitMae(const HivitMaeOptions& options);

  PretrainOutput forward(const Tensor& images, const PatchSelection& selection) override;
  EncoderOutput encode(const Tensor& images, const PatchSelection* selection = nullptr,
                       const EncodeRequest& request = {}) override;

  bool has_decoder() const override { return true; }
  int64_t num_prefix_tokens() const override { return 0; }
  std::vector<int64_t> map_strides() const override { return options_.map_strides(); }
  Size2d img_size() const override { return options_.img_size; }
  Size2d patch_size() const override { return options_.patch_size; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t embed_dim() const override { return options_.latent_dim(); }  ///< of the final tokens
  int64_t depth() const override { return options_.depths.back(); }     ///< of the main stage
  bool norm_pix_loss() const override { return options_.norm_pix_loss; }
  nlohmann::json config() const override;
  void initialize(uint64_t seed) override;

 private:
  HivitMaeOptions options_;
  HivitTrunk trunk_;
  std::shared_ptr<LayerNorm> norm_;
  MaeDecoder decoder_;
};

/// "hivit_mae", named "hivit-mae-tiny", "-small" and "-base".
MaskedModelKind hivit_mae_kind();

/// HiViT's fresh weights (spec 2.3): matrices N(0, 0.02), the convolution PyTorch's default,
/// relative position tables 0.
void initialize_hivit(Module& module, uint64_t seed);

/// Other picture sizes: position tables and tables of relative positions are interpolated, the
/// index is made anew.
ResizeRule hivit_resize_rule();

}  // namespace mae
