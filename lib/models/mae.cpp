// Forward passes in the published order of operations (spec 1.6).
#include "mae/models/mae.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include "mae/base/error.h"
#include "mae/models/initialize.h"
#include "mae/ops/gather_tokens.h"
#include "mae/ops/patch_loss.h"
#include "mae/ops/patch_target.h"
#include "mae/ops/pos_embed.h"

namespace mae {
namespace {

Tensor position_table(int64_t width, Size2d grid) {
  return sincos_pos_embed(width, grid, /*cls_token=*/true)
      .unsqueeze(0)
      .to(at::kFloat);  // [1, 1 + L, D]
}

}  // namespace

Mae::Mae(const MaeOptions& options) : options_(options) {
  check_options(options);
  const VitOptions& vit = options;
  const int64_t D = vit.embed_dim, Dd = options.decoder_embed_dim;
  cls_token_ = register_parameter("cls_token", at::empty({1, 1, D}));
  pos_embed_ =
      register_parameter("pos_embed", position_table(D, vit.grid()), /*requires_grad=*/false);
  if (has_decoder()) {
    mask_token_ = register_parameter("mask_token", at::empty({1, 1, Dd}));
    decoder_pos_embed_ = register_parameter("decoder_pos_embed", position_table(Dd, vit.grid()),
                                            /*requires_grad=*/false);
  }
  patch_embed_ =
      register_module("patch_embed", std::make_shared<PatchEmbed>(vit.patch_size, vit.in_chans, D));
  blocks_ = register_blocks(*this, "blocks", vit.depth,
                            {D, vit.num_heads, vit.mlp_ratio, vit.qkv_bias, vit.layer_norm_eps});
  norm_ = register_module("norm", std::make_shared<LayerNorm>(D, vit.layer_norm_eps));
  if (!has_decoder()) return;
  decoder_embed_ = register_module("decoder_embed", std::make_shared<Linear>(D, Dd));
  decoder_blocks_ = register_blocks(
      *this, "decoder_blocks", options.decoder_depth,
      {Dd, options.decoder_num_heads, vit.mlp_ratio, vit.qkv_bias, vit.layer_norm_eps});
  decoder_norm_ =
      register_module("decoder_norm", std::make_shared<LayerNorm>(Dd, vit.layer_norm_eps));
  decoder_pred_ = register_module("decoder_pred", std::make_shared<Linear>(Dd, vit.patch_values()));
}

PretrainOutput Mae::forward(const Tensor& images, const PatchSelection& selection) {
  const EncoderOutput encoded = encode(images, &selection);
  const Tensor pred = decode(encoded.tokens, selection.ids_restore);  // [B, L, P]
  const Tensor target =
      patch_target(images, options_.patch_size, options_.norm_pix_loss);  // [B, L, P]
  return {masked_patch_loss(pred, target, selection.mask), pred};
}

VitEncoder Mae::encoder() const {
  return {*patch_embed_, cls_token_, pos_embed_, blocks_, norm_.get()};
}

Tensor Mae::embed(const Tensor& images) const {
  check_shape("images", images,
              {kAny, options_.in_chans, options_.img_size.height, options_.img_size.width});
  return embed_patches(encoder(), images);
}

EncoderOutput Mae::encode(const Tensor& images, const PatchSelection* selection,
                          const EncodeRequest& request) {
  check_shape("images", images,
              {kAny, options_.in_chans, options_.img_size.height, options_.img_size.width});
  return encode_patches(encoder(), images, selection, request);
}

Tensor Mae::decode(const Tensor& latent, const Tensor& ids_restore) {
  if (!has_decoder()) {
    throw UsageError("this model has no decoder", "",
                     "reconstruct with a checkpoint that was saved by mae-pretrain");
  }
  Tensor x = decoder_embed_->forward(latent);  // [B, 1 + L_vis, Dd]
  const int64_t B = x.size(0), Dd = x.size(2);
  const int64_t hidden = ids_restore.size(1) + 1 - x.size(1);
  const Tensor mask_tokens = mask_token_.to(x.scalar_type()).expand({B, hidden, Dd});
  Tensor patches =
      at::cat({x.slice(/*dim=*/1, 1), mask_tokens}, /*dim=*/1);  // [B, L, Dd], visible first
  patches = gather_tokens(patches, ids_restore);                 // [B, L, Dd], raster order
  x = at::cat({x.slice(/*dim=*/1, 0, 1), patches}, /*dim=*/1) +
      decoder_pos_embed_;  // [B, 1 + L, Dd]
  for (const auto& block : decoder_blocks_) x = block->forward(x);
  return decoder_pred_->forward(decoder_norm_->forward(x)).slice(/*dim=*/1, 1);  // [B, L, P]
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
