// M3AE (arXiv 2205.14204): one encoder for patches of a picture and words of its caption.
#pragma once

#include <memory>

#include "mae/models/masked_model.h"
#include "mae/models/model_kind.h"
#include "mae/nn/padded_block.h"

namespace mae {

/// Names and defaults of the published code (spec 8.1, 8.4), its base size. In a configuration
/// image_size, emb_dim and dec_* have the names of all models: img_size, embed_dim, decoder_*.
struct M3aeOptions {
  Size2d image_size{256, 256}, patch_size{16, 16};  ///< pixels
  int64_t in_chans = 3;
  int64_t text_length = 64;         ///< T, word pieces of a caption, padding included; text alone
                                    ///< may have another
  int64_t text_vocab_size = 30522;  ///< V
  int64_t emb_dim = 768, depth = 12, num_heads = 12;
  int64_t dec_emb_dim = 512, dec_depth = 8, dec_num_heads = 16;
  double mlp_ratio = 4.0;
  bool use_type_embedding = true;
  double image_loss_weight = 1.0, text_loss_weight = 0.1;
  double unpaired_text_loss_weight = 0;  ///< of text beside the pictures that belongs to none
  double layer_norm_eps = 1e-6;

  Size2d grid() const {
    return {image_size.height / patch_size.height, image_size.width / patch_size.width};
  }
  int64_t patch_values() const { return patch_size.area() * in_chans; }
};
/// throws UsageError naming the first field that cannot be built
void check_options(const M3aeOptions& options);
void to_json(nlohmann::json& json, const M3aeOptions& options);
void from_json(const nlohmann::json& json, M3aeOptions& options);

/// A batch of either or both: what is undefined is left out. Selections are of patches and of
/// words; the published code draws one of each for the whole batch.
struct M3aeBatch {
  Tensor images;        ///< [B, C, H, W], normalised
  Tensor text;          ///< [B, T] int64
  Tensor text_padding;  ///< [B, T], non-zero = padding
};
struct M3aeSelection {
  PatchSelection image, text;
};

struct M3aeOutput {
  Tensor loss;           ///< weighted sum of those there are
  Tensor image_loss;     ///< mean squared error of hidden patches, averaged by sample
  Tensor text_loss;      ///< cross-entropy of hidden words that are no padding, averaged by sample
  Tensor text_accuracy;  ///< share of those words that are guessed, averaged by sample
  Tensor pred;           ///< [B, L, P]
  Tensor text_pred;      ///< [B, T, V] logits
};

class M3ae : public MaskedModel {
 public:
  explicit M3ae(const M3aeOptions& options);

  M3aeOutput forward_batch(const M3aeBatch& batch, const M3aeSelection& selection);
  /// [B, 1 + L_vis + T_vis, D]: class token, patches, words, each where there are such. A null
  /// selection hides nothing.
  Tensor encode_batch(const M3aeBatch& batch, const M3aeSelection* selection) const;

  /// Pictures alone, as without captions.
  PretrainOutput forward(const Tensor& images, const PatchSelection& selection) override;
  PretrainOutput forward_with_text(const Tensor& images, const PatchSelection& selection,
                                   const TextInput& captions, const TextInput& unpaired) override;
  bool takes_text() const override { return true; }
  void leave_out_text() override;
  EncoderOutput encode(const Tensor& images, const PatchSelection* selection = nullptr,
                       const EncodeRequest& request = {}) override;

  bool has_decoder() const override { return true; }
  MaskingOptions default_masking() const override { return {MaskStrategy::kShared}; }
  /// As published; the scales of norms, which do decay there, do not here.
  bool is_undecayed(const std::string& name) const override;
  bool has_cls_attention() const override { return false; }
  Size2d img_size() const override { return options_.image_size; }
  Size2d patch_size() const override { return options_.patch_size; }
  int64_t in_chans() const override { return options_.in_chans; }
  int64_t embed_dim() const override { return options_.emb_dim; }
  int64_t depth() const override { return options_.depth; }
  bool norm_pix_loss() const override { return false; }
  nlohmann::json config() const override;
  /// Matrices Xavier uniform, tokens and embeddings of types and masks N(0, 0.02), words N(0, 1).
  void initialize(uint64_t seed) override;
  const M3aeOptions& options() const { return options_; }

 private:
  struct Sequence {
    Tensor tokens;    ///< [B, 1 + image + text, D]
    Tensor key_bias;  ///< undefined without text
  };
  Sequence embed(const M3aeBatch& batch, const M3aeSelection* selection) const;
  void decode(const Tensor& latent, const M3aeBatch& batch, const M3aeSelection& selection,
              M3aeOutput* output) const;
  void add_losses(const M3aeBatch& batch, const M3aeSelection& selection, M3aeOutput* output) const;

  M3aeOptions options_;
  Tensor cls_token_, image_mask_embedding_, text_mask_embedding_;
  Tensor encoder_image_type_, encoder_text_type_, decoder_image_type_, decoder_text_type_;
  Tensor image_positions_, text_positions_;                  // fixed, in no checkpoint: [1, L, D]
  Tensor decoder_image_positions_, decoder_text_positions_;  // the same in the decoder's width
  std::shared_ptr<Linear> image_embedding_, decoder_input_projection_;
  std::shared_ptr<Linear> text_embedding_;  // weight [V, D] only: a table
  std::shared_ptr<PaddedTransformer> encoder_, decoder_;
  std::shared_ptr<Linear> decoder_image_output_, decoder_text_output_;
};

/// "m3ae", with the names m3ae-small-patch16, -base-, -large- and -huge-.
MaskedModelKind m3ae_kind();

/// A configuration of pictures of another size: positions are computed, so that nothing else
/// changes.
ResizeRule m3ae_resize_rule();

}  // namespace mae
