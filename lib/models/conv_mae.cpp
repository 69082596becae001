#include "mae/models/conv_mae.h"

#include "mae/base/text.h"
#include "mae/models/hierarchy_checks.h"
#include "mae/models/init_rules.h"
#include "mae/models/initialize.h"
#include "mae/models/size_json.h"
#include "mae/ops/patch_loss.h"
#include "mae/ops/patch_target.h"

namespace mae {
namespace {

// Checked here, since the members are built before the constructor's body.
const ConvMaeOptions& checked(const ConvMaeOptions& options) {
  check_options(options);
  return options;
}

DecoderOptions decoder_options(const ConvMaeOptions& o) {
  DecoderOptions decoder;
  decoder.latent_dim = o.embed_dim.back();
  decoder.grid = o.grid();
  decoder.patch_values = o.patch_values();
  // differs from stage 3: the published decoder takes the first stage's MLP ratio
  decoder.block = block_options(o.decoder_embed_dim, o.decoder_num_heads, o.mlp_ratio.front(),
                                o.qkv_bias, o.layer_norm_eps);
  decoder.depth = o.decoder_depth;
  return decoder;
}

}  // namespace

void check_options(const ConvMaeOptions& o) {
  check_options(static_cast<const ConvVitOptions&>(o));
  check_decoder(o.decoder_embed_dim, o.decoder_depth, o.decoder_num_heads);
}

void to_json(nlohmann::json& json, const ConvMaeOptions& o) {
  to_json(json, static_cast<const ConvVitOptions&>(o));
  json["decoder_embed_dim"] = o.decoder_embed_dim;
  json["decoder_depth"] = o.decoder_depth;
  json["decoder_num_heads"] = o.decoder_num_heads;
  json["norm_pix_loss"] = o.norm_pix_loss;
}

void from_json(const nlohmann::json& json, ConvMaeOptions& o) {
  from_json(json, static_cast<ConvVitOptions&>(o));
  take_field(json, "decoder_embed_dim", o.decoder_embed_dim);
  take_field(json, "decoder_depth", o.decoder_depth);
  take_field(json, "decoder_num_heads", o.decoder_num_heads);
  take_field(json, "norm_pix_loss", o.norm_pix_loss);
}

ConvMae::ConvMae(const ConvMaeOptions& options)
    : options_(checked(options)),
      encoder_(*this, options),
      decoder_(*this, decoder_options(options)) {}

PretrainOutput ConvMae::forward(const Tensor& images, const PatchSelection& selection) {
  const Tensor latent = encode(images, &selection).tokens;    // [R, L_vis, D]
  const Tensor pred = decode(latent, selection.ids_restore);  // [R, L, P]
  const int64_t copies = pred.size(0) / images.size(0);
  const Tensor target = patch_target(images, options_.patch_size, options_.norm_pix_loss)
                            .repeat({copies, 1, 1});  // [R, L, P], copy-major
  return {masked_patch_loss(pred, target, selection.mask), pred};
}

EncoderOutput ConvMae::encode(const Tensor& images, const PatchSelection* selection,
                              const EncodeRequest& request) {
  return encoder_.encode(images, selection, request);
}

Tensor ConvMae::decode(const Tensor& latent, const Tensor& ids_restore) const {
  return decoder_.predict(decoder_.assemble_unshuffled(latent, ids_restore));
}

nlohmann::json ConvMae::config() const {
  nlohmann::json json = options_;
  json["model"] = "conv_mae";
  return json;
}

void ConvMae::initialize(uint64_t seed) { initialize_conv_mae(*this, seed); }

void initialize_conv_mae(Module& module, uint64_t seed) {
  initialize_module(module, {}, seed, [&](const std::string& name, Tensor& parameter) {
    if (!ends_with(name, "patch_embed3.proj.weight")) return false;
    fill_uniform(parameter, xavier_bound(parameter), seed, name);
    return true;
  });
}

ResizeRule conv_vit_resize_rule() {
  ResizeRule rule = vit_resize_rule();
  rule.config = [](nlohmann::json config, Size2d img_size) {
    config["img_size"] = img_size;
    check_options(config.get<ConvVitOptions>());
    return config;
  };
  return rule;
}

MaskedModelKind conv_mae_kind() {
  MaskedModelKind kind;
  kind.model = "conv_mae";
  kind.family = "conv-mae-";
  kind.classifier = "conv_vit_classifier";
  kind.resize = conv_vit_resize_rule();
  nlohmann::json base = ConvMaeOptions();
  base["model"] = "conv_mae";
  kind.named.emplace_back("conv-mae-base", base);
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<ConvMae>(parse_model_options<ConvMaeOptions>(config));
  };
  return kind;
}

}  // namespace mae
