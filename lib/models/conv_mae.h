// ConvMAE, later MCMAE (arXiv 2205.03892): two masked convolution stages below a transformer stage
// that sees visible tokens only, multi-scale fusion, and MAE's decoder without class token.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/conv_mae_encoder.h"
#include "mae/models/model_kind.h"
#include "mae/nn/mae_decoder.h"

namespace mae {

struct ConvMaeOptions : ConvVitOptions {
  int64_t decoder_embed_dim = 512;
  int64_t decoder_depth = 8;
  int64_t decoder_num_heads = 16;
  bool norm_pix_loss = false;  ///< targets normalised per patch
};

void check_options(const ConvMaeOptions& options);
void to_json(nlohmann::json& json, const ConvMaeOptions& options);
void from_json(const nlohmann::json& json, ConvMaeOptions& options);

class ConvMae : public MaskedModel {
 public:
  explicit ConvMae(const ConvMaeOptions& options);

  /// A selection of k * B rows holds k masks a picture, copy-major: the prediction then has k * B
  /// rows too, and the loss is the mean over all (fast_conv_mae.h).
  PretrainOutput forward(const Tensor& images, const PatchSelection& selection) override;
  EncoderOutput encode(const Tensor& images, const PatchSelection* selection = nullptr,
                       const EncodeRequest& request = {}) override;
  /// latent [R, L_vis, D], ids_restore [R, L] -> pred [R, L, P].
  Tensor decode(const Tensor& latent, const Tensor& ids_restore) const;

  bool has_decoder() const override { return true; }
  void check_masking(MaskStrategy) const override {}  ///< all, complementary ones too
  int64_t num_prefix_tokens() const override { return 0; }
  std::vector<int64_t> map_strides() const override { return options_.map_strides(); }
  Size2d img_size() const override { return options_.img_size; }
  Size2d patch_size() const override { return options_.patch_size; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t embed_dim() const override { return options_.embed_dim.back(); }
  int64_t depth() const override { return options_.depth.back(); }  ///< of stage 3
  bool norm_pix_loss() const override { return options_.norm_pix_loss; }
  nlohmann::json config() const override;
  void initialize(uint64_t seed) override;
  const ConvMaeOptions& options() const { return options_; }

 protected:
  const MaeDecoder& decoder() const { return decoder_; }
  const ConvMaeEncoder& encoder() const { return encoder_; }

 private:
  ConvMaeOptions options_;
  ConvMaeEncoder encoder_;
  MaeDecoder decoder_;
};

/// "conv_mae", named "conv-mae-base".
MaskedModelKind conv_mae_kind();

/// ConvMAE's fresh weights (spec 4.5) in any module with its parameters: Xavier in stage 3's last
/// embedding, PyTorch's default in the other convolutions.
void initialize_conv_mae(Module& module, uint64_t seed);

/// Other picture sizes: the position tables are interpolated.
ResizeRule conv_vit_resize_rule();

}  // namespace mae
