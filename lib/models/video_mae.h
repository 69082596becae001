// VideoMAE (arXiv 2203.12602): MAE on tubelets, with joint space-time attention over the visible
// ones and a decoder that predicts hidden ones only.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/masked_model.h"
#include "mae/models/model_kind.h"
#include "mae/nn/transformer_block.h"
#include "mae/nn/tubelet_embed.h"

namespace mae {

/// Values of ViT-B/16. In JSON fields have the names that other models give them: in_chans,
/// embed_dim, depth, num_heads, norm_pix_loss; the published ones are read, too.
struct VideoMaeOptions {
  Size2d img_size{224, 224}, patch_size{16, 16};  ///< pixels
  int64_t num_frames = 16, tubelet_size = 2;      ///< frames
  int64_t encoder_in_chans = 3;
  int64_t encoder_embed_dim = 768, encoder_depth = 12, encoder_num_heads = 12;
  /// decoder_embed_dim 0: the encoder alone.
  int64_t decoder_embed_dim = 384, decoder_depth = 4, decoder_num_heads = 6;
  double mlp_ratio = 4.0;
  bool qkv_bias = true;
  bool normlize_target = true;  ///< targets normalised per tubelet and channel
  /// What the input was normalised by; targets are taken in [0, 1]. One number a channel.
  std::vector<double> pixel_mean{0.485, 0.456, 0.406}, pixel_std{0.229, 0.224, 0.225};
  double layer_norm_eps = 1e-6;
  double head_norm_eps = 0;  ///< of decoder.norm; 0: as the others (transformers has 1e-5)

  double last_norm_eps() const { return head_norm_eps > 0 ? head_norm_eps : layer_norm_eps; }
  Size2d grid() const {
    return {img_size.height / patch_size.height, img_size.width / patch_size.width};
  }
  int64_t slots() const { return num_frames / tubelet_size; }
  int64_t tokens() const { return slots() * grid().area(); }
  int64_t token_values() const { return tubelet_size * patch_size.area() * encoder_in_chans; }
};
/// throws UsageError naming the first field that cannot be built
void check_options(const VideoMaeOptions& options);
void to_json(nlohmann::json& json, const VideoMaeOptions& options);
void from_json(const nlohmann::json& json, VideoMaeOptions& options);

/// Selections are over all L = slots * patches tokens, time slot slowest.
class VideoMae : public MaskedModel {
 public:
  explicit VideoMae(const VideoMaeOptions& options);

  /// videos [B, C, T, H, W]. The loss is the mean over hidden tokens; pred [B, L, P] is zero where
  /// visible.
  PretrainOutput forward(const Tensor& videos, const PatchSelection& selection) override;
  EncoderOutput encode(const Tensor& videos, const PatchSelection* selection = nullptr,
                       const EncodeRequest& request = {}) override;
  /// latent [B, L_vis, D] -> prediction of the hidden tokens [B, L - L_vis, P], in the order of
  /// hidden_ids().
  Tensor decode(const Tensor& latent, const PatchSelection& selection);
  /// What must be predicted, all tokens: [B, L, P].
  Tensor target(const Tensor& videos) const;

  bool has_decoder() const override { return options_.decoder_embed_dim > 0; }
  /// Tubes, nine of ten hidden (section 3.3 of the paper).
  MaskingOptions default_masking() const override { return {MaskStrategy::kTube, 0.9}; }
  /// throws UsageError  other than tube and random masks
  void check_masking(MaskStrategy strategy) const override;
  bool is_undecayed(const std::string& name) const override { return name == "mask_token"; }
  /// Of raw targets, which are pixels in [0, 1]: brought to normalised pixels.
  Tensor predicted_patches(const Tensor& pred) const override;
  /// Per channel, and such that they undo the published normalisation of pixels in [0, 1].
  PatchStats target_stats(const Tensor& patches) const override;
  int64_t num_frames() const override { return options_.num_frames; }
  int64_t tubelet_size() const override { return options_.tubelet_size; }
  int64_t num_prefix_tokens() const override { return 0; }
  Size2d img_size() const override { return options_.img_size; }
  Size2d patch_size() const override { return options_.patch_size; }
  int64_t in_chans() const override { return options_.encoder_in_chans; }
  int64_t embed_dim() const override { return options_.encoder_embed_dim; }
  int64_t depth() const override { return options_.encoder_depth; }
  bool norm_pix_loss() const override { return options_.normlize_target; }
  nlohmann::json config() const override;
  void initialize(uint64_t seed) override;
  const VideoMaeOptions& options() const { return options_; }

 private:
  class Encoder;
  class Decoder;

  VideoMaeOptions options_;
  Tensor mask_token_;
  std::shared_ptr<Encoder> encoder_;
  std::shared_ptr<Decoder> decoder_;
  std::shared_ptr<Linear> encoder_to_decoder_;
};

/// For both models of clips: position tables are built for any size, so tensors stay.
ResizeRule video_resize_rule();

/// video-mae-small-patch16, -base-, -large-, -huge- (spec 7.1).
MaskedModelKind video_mae_kind();

}  // namespace mae
