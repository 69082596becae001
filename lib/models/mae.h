// The masked autoencoder of He et al. (arXiv 2111.06377): a ViT on visible patches, a light decoder
// on all of them.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/model_kind.h"
#include "mae/models/reconstruction_target.h"
#include "mae/models/vit_encoder.h"
#include "mae/models/vit_options.h"

namespace mae {

struct MaeOptions : VitOptions {
  int64_t decoder_embed_dim = 512;  ///< 0: encoder only, as in the released encoder files
  int64_t decoder_depth = 8;
  int64_t decoder_num_heads = 16;
  bool norm_pix_loss = false;  ///< targets normalised per patch; needs target kPixels
  // Ablations of Table 1 and differences of re-implementations. A configuration has these fields
  // only where they are not as published.
  TargetKind target = TargetKind::kPixels;
  int64_t target_size = 0;  ///< components of kPca, codes of kTokens
  /// Table 1(c): the encoder sees all patches, hidden ones as a learned token, and the decoder gets
  /// what comes of them.
  bool encoder_mask_tokens = false;
  bool predict_hidden = false;  ///< "predict": "hidden"; the head sees hidden patches only
};

void check_options(const MaeOptions& options);
/// What fields mean that a configuration may leave out: those of vit_defaults(), target,
/// target_size, encoder_mask_tokens, predict.
nlohmann::json mae_defaults();
void to_json(nlohmann::json& json, const MaeOptions& options);
void from_json(const nlohmann::json& json, MaeOptions& options);

/// With encoder_mask_tokens the parameter encoder_mask_token [1, 1, D] takes mask_token's place.
class Mae : public MaskedModel {
 public:
  explicit Mae(const MaeOptions& options);

  PretrainOutput forward(const Tensor& images, const PatchSelection& selection) override;
  bool takes_patches() const override;
  Tensor loss_of_patches(const MaskedPatches& patches, const PatchSelection& selection,
                         const Tensor& ids_hidden) override;
  EncoderOutput encode(const Tensor& images, const PatchSelection* selection = nullptr,
                       const EncodeRequest& request = {}) override;
  /// latent [B, T + L_vis, D], ids_restore [B, L] -> pred [B, L, P]. Section 3 "MAE decoder". With
  /// encoder_mask_tokens latent is [B, T + L, D] in raster order.
  Tensor decode(const Tensor& latent, const Tensor& ids_restore);
  /// images [B, C, H, W] -> patch tokens with positions [B, L, D], before masking.
  Tensor embed(const Tensor& images) const;

  bool has_decoder() const override { return options_.decoder_embed_dim > 0; }
  Size2d img_size() const override { return options_.img_size; }
  Size2d patch_size() const override { return options_.patch_size; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t embed_dim() const override { return options_.embed_dim; }
  int64_t depth() const override { return options_.depth; }
  int64_t num_prefix_tokens() const override { return options_.num_prefix_tokens(); }
  bool norm_pix_loss() const override {
    return options_.norm_pix_loss || options_.target == TargetKind::kNormPixelsChannel;
  }
  Tensor predicted_patches(const Tensor& pred) const override { return target_->patches(pred); }
  PatchStats target_stats(const Tensor& patches) const override { return target_->stats(patches); }
  nlohmann::json config() const override;
  void initialize(uint64_t seed) override;
  const MaeOptions& options() const { return options_; }

 private:
  void check_images(const Tensor& images) const;
  VitEncoder encoder() const;
  Tensor enter_decoder(const Tensor& latent, const Tensor& ids_restore) const;
  Tensor decode_tokens(const Tensor& latent, const Tensor& ids_restore) const;
  Tensor predict(const Tensor& tokens) const;
  PretrainOutput predict_hidden(const Tensor& tokens, const Tensor& images,
                                const PatchSelection& selection) const;

  MaeOptions options_;
  Tensor cls_token_, pos_embed_, mask_token_, encoder_mask_token_, decoder_pos_embed_;
  std::shared_ptr<PatchEmbed> patch_embed_;
  std::vector<std::shared_ptr<TransformerBlock>> blocks_, decoder_blocks_;
  std::shared_ptr<LayerNorm> norm_, decoder_norm_;
  std::shared_ptr<Linear> decoder_embed_, decoder_pred_;
  std::shared_ptr<ReconstructionTarget> target_;  // registered with a decoder only
};

/// "mae", and the sizes "mae-vit-tiny-patch16" to "mae-vit-huge-patch14".
MaskedModelKind mae_kind();

}  // namespace mae
