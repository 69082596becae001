// Forward passes in the published order of operations (spec 1.6).
#include "mae/models/mae.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "mae/base/error.h"
#include "mae/masking/hidden_ids.h"
#include "mae/models/initialize.h"
#include "mae/ops/gather_tokens.h"
#include "mae/ops/patch_loss.h"

namespace mae {
namespace {

TargetOptions target_options(const MaeOptions& o) {
  const TargetKind kind = o.norm_pix_loss ? TargetKind::kNormPixels : o.target;
  return {kind, o.target_size, o.patch_size, o.in_chans};
}

// Targets are [B, L, P], or labels [B, L].
Tensor pick_patches(const Tensor& target, const Tensor& ids) {
  return target.dim() == 3 ? gather_tokens(target, ids) : target.gather(/*dim=*/1, ids);
}

}  // namespace

Mae::Mae(const MaeOptions& options) : options_(options) {
  check_options(options);
  const VitOptions& vit = options;
  const int64_t D = vit.embed_dim, Dd = options.decoder_embed_dim;
  if (vit.class_token) cls_token_ = register_parameter("cls_token", at::empty({1, 1, D}));
  pos_embed_ = register_parameter("pos_embed", vit_pos_embed(vit, D), /*requires_grad=*/false);
  if (has_decoder()) {
    if (options.encoder_mask_tokens) {
      encoder_mask_token_ = register_parameter("encoder_mask_token", at::empty({1, 1, D}));
    } else {
      mask_token_ = register_parameter("mask_token", at::empty({1, 1, Dd}));
    }
    decoder_pos_embed_ = register_parameter("decoder_pos_embed", vit_pos_embed(vit, Dd),
                                            /*requires_grad=*/false);
  }
  patch_embed_ =
      register_module("patch_embed", std::make_shared<PatchEmbed>(vit.patch_size, vit.in_chans, D));
  blocks_ = register_blocks(*this, "blocks", vit.depth, vit_block_options(vit));
  norm_ = register_module("norm", std::make_shared<LayerNorm>(D, vit.layer_norm_eps));
  target_ = std::make_shared<ReconstructionTarget>(target_options(options));
  if (!has_decoder()) return;
  register_module("target", target_);
  decoder_embed_ = register_module("decoder_embed", std::make_shared<Linear>(D, Dd));
  BlockOptions decoder_block = vit_block_options(vit);
  decoder_block.dim = Dd;
  decoder_block.num_heads = options.decoder_num_heads;
  decoder_blocks_ = register_blocks(*this, "decoder_blocks", options.decoder_depth, decoder_block);
  decoder_norm_ =
      register_module("decoder_norm", std::make_shared<LayerNorm>(Dd, vit.layer_norm_eps));
  decoder_pred_ =
      register_module("decoder_pred", std::make_shared<Linear>(Dd, target_->pred_size()));
}

PretrainOutput Mae::forward(const Tensor& images, const PatchSelection& selection) {
  check_images(images);
  const Tensor latent =
      encode_patches(encoder(), images, &selection, {}).tokens;        // [B, T + L_vis, D]
  const Tensor tokens = decode_tokens(latent, selection.ids_restore);  // [B, T + L, Dd]
  if (options_.predict_hidden) return predict_hidden(tokens, images, selection);
  const Tensor pred = predict(tokens).slice(/*dim=*/1, num_prefix_tokens());  // [B, L, P]
  const Tensor errors = target_->errors(pred, target_->of(images));           // [B, L]
  return {masked_mean(errors, selection.mask), pred};
}

bool Mae::takes_patches() const {
  const TargetKind target = target_options(options_).kind;
  return has_decoder() && !options_.encoder_mask_tokens &&
         (target == TargetKind::kPixels || target == TargetKind::kNormPixels);
}

Tensor Mae::loss_of_patches(const MaskedPatches& patches, const PatchSelection& selection,
                            const Tensor& ids_hidden) {
  const Tensor latent =
      encode_tokens(encoder(), embed_visible(encoder(), patches.visible, selection.ids_keep), {})
          .tokens;                                          // [B, T + L_vis, D]
  Tensor x = enter_decoder(latent, selection.ids_restore);  // [B, T + L, Dd]
  const Tensor ids = ids_hidden + num_prefix_tokens();      // [B, H]
  for (const auto& block : decoder_blocks_)
    x = block == decoder_blocks_.back() ? block->forward_at(x, ids) : block->forward(x);
  if (decoder_blocks_.empty()) x = gather_tokens(x, ids);
  return target_->errors(predict(x), patches.target).mean();
}

PretrainOutput Mae::predict_hidden(const Tensor& tokens, const Tensor& images,
                                   const PatchSelection& selection) const {
  const Tensor ids = hidden_ids(selection);  // [B, H]
  const Tensor pred =
      predict(gather_tokens(tokens.slice(/*dim=*/1, num_prefix_tokens()), ids));  // [B, H, P]
  const Tensor target = pick_patches(target_->of(images), ids);
  // Every sample hides the same number: the mean of all is the mean of the batch.
  const Tensor loss = target_->errors(pred, target).mean();
  const Tensor everywhere =
      at::zeros({pred.size(0), selection.ids_restore.size(1), pred.size(2)}, pred.options());
  return {loss, everywhere.scatter(/*dim=*/1, ids.unsqueeze(-1).expand_as(pred), pred.detach())};
}

void Mae::check_images(const Tensor& images) const {
  check_shape("images", images,
              {kAny, options_.in_chans, options_.img_size.height, options_.img_size.width});
}

VitEncoder Mae::encoder() const {
  return {*patch_embed_,
          cls_token_,
          pos_embed_,
          blocks_,
          norm_.get(),
          options_.encoder_mask_tokens && has_decoder() ? &encoder_mask_token_ : nullptr};
}

Tensor Mae::embed(const Tensor& images) const {
  check_images(images);
  return embed_patches(encoder(), images);
}

EncoderOutput Mae::encode(const Tensor& images, const PatchSelection* selection,
                          const EncodeRequest& request) {
  check_images(images);
  const EncoderOutput output = encode_patches(encoder(), images, selection, request);
  const bool has_hidden = selection && encoder().mask_token;
  return has_hidden ? visible_only(output, *selection, num_prefix_tokens()) : output;
}

Tensor Mae::decode(const Tensor& latent, const Tensor& ids_restore) {
  return predict(decode_tokens(latent, ids_restore))
      .slice(/*dim=*/1, num_prefix_tokens());  // [B, L, P]
}

Tensor Mae::enter_decoder(const Tensor& latent, const Tensor& ids_restore) const {
  if (!has_decoder()) {
    throw UsageError("this model has no decoder", "",
                     "reconstruct with a checkpoint that was saved by mae-pretrain");
  }
  Tensor x = decoder_embed_->forward(latent);  // [B, T + L_vis, Dd]
  if (!options_.encoder_mask_tokens) {
    const int64_t B = x.size(0), Dd = x.size(2), T = num_prefix_tokens();
    const int64_t hidden = ids_restore.size(1) + T - x.size(1);
    const Tensor mask_tokens = mask_token_.to(x.scalar_type()).expand({B, hidden, Dd});
    Tensor patches =
        at::cat({x.slice(/*dim=*/1, T), mask_tokens}, /*dim=*/1);  // [B, L, Dd], visible first
    patches = gather_tokens(patches, ids_restore);                 // [B, L, Dd], raster order
    x = T == 0 ? patches : at::cat({x.slice(/*dim=*/1, 0, T), patches}, /*dim=*/1);
  }
  return x + decoder_pos_embed_;  // [B, T + L, Dd]
}

Tensor Mae::decode_tokens(const Tensor& latent, const Tensor& ids_restore) const {
  Tensor x = enter_decoder(latent, ids_restore);
  for (const auto& block : decoder_blocks_) x = block->forward(x);
  return x;
}

Tensor Mae::predict(const Tensor& tokens) const {
  return decoder_pred_->forward(decoder_norm_->forward(tokens));
}

nlohmann::json Mae::config() const {
  nlohmann::json json = options_;
  json["model"] = "mae";
  return json;
}

void Mae::initialize(uint64_t seed) {
  const Tensor patch_weight = named_parameters()["patch_embed.proj.weight"];
  for (auto& item : named_parameters()) {
    if (item.value().requires_grad())
      initialize_vit_parameter(item.key(), item.value(), patch_weight, seed);
  }
}

}  // namespace mae
