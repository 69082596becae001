// MixMAE / MixMIM (Liu et al., arXiv 2205.13137; spec of variants 3): hidden patches of a picture
// are filled from a partner picture, and both are reconstructed at once.
#pragma once

#include <memory>
#include <optional>

#include "mae/models/mixmim_encoder.h"
#include "mae/nn/mae_decoder.h"

namespace mae {

struct MixmimOptions : MixmimEncoderOptions {
  Size2d encoder_stride{32, 32};  ///< pixels of a unit, the cell of the mask and of the last stage
  int64_t decoder_dim = 512;      ///< 0: encoder only
  int64_t decoder_depth = 8, decoder_num_heads = 16;
  bool norm_pix_loss = false;  ///< the published recipe sets it
};
void check_options(const MixmimOptions& options);
void to_json(nlohmann::json& json, const MixmimOptions& options);
void from_json(const nlohmann::json& json, MixmimOptions& options);

class Mixmim : public MaskedModel {
 public:
  explicit Mixmim(const MixmimOptions& options);

  /// The partner of picture i is picture B - 1 - i. In training all samples share one mask
  /// (MaskStrategy::kMixed), and the loss is the mean over all patches, each predicted where it was
  /// hidden. With masks of their own, patches that were visible to both predictions do not count.
  /// pred takes hidden patches from the picture's own place, visible ones from its partner's.
  PretrainOutput forward(const Tensor& images, const PatchSelection& selection) override;
  /// With a selection the visible cells of the last stage, which neither hidden pixels nor the
  /// partner reach: [B, L_vis, D].
  EncoderOutput encode(const Tensor& images, const PatchSelection* selection = nullptr,
                       const EncodeRequest& request = {}) override;
  /// images, mask [B or 1, L] (1 = from the partner) -> all cells of the last stage [B, L, D].
  Tensor encode_mixed(const Tensor& images, const Tensor& mask);
  /// [B, L, D], mask [B or 1, L] -> [2B, L, P]: first with mask tokens where mask is 1, then where
  /// it is 0.
  Tensor decode(const Tensor& latent, const Tensor& mask);

  bool has_decoder() const override { return decoder_.has_value(); }
  MaskingOptions default_masking() const override { return {MaskStrategy::kMixed, 0.5}; }
  int64_t num_prefix_tokens() const override { return 0; }
  std::vector<int64_t> map_strides() const override;
  Size2d img_size() const override { return options_.img_size; }
  Size2d patch_size() const override { return options_.encoder_stride; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t embed_dim() const override { return options_.last_dim(); }
  int64_t depth() const override { return options_.depth(); }
  bool norm_pix_loss() const override { return options_.norm_pix_loss; }
  nlohmann::json config() const override;
  void initialize(uint64_t seed) override { initialize_mixmim(*this, seed); }

 private:
  Tensor mix_and_encode(const Tensor& images, const Tensor& mask, StageWalk& walk);

  MixmimOptions options_;
  std::optional<MixmimEncoder> encoder_;
  std::shared_ptr<LayerNorm> norm_;
  std::optional<MaeDecoder> decoder_;
};

/// "mixmim", with the names mixmim-base and mixmim-large.
MaskedModelKind mixmim_kind();

}  // namespace mae
