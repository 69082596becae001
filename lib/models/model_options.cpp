// Checks and JSON of the option structs. Every number is bounded, since a configuration may come
// from a stranger's file.
#include <initializer_list>
#include <string>

#include "mae/base/error.h"
#include "mae/models/mae.h"
#include "mae/models/option_checks.h"
#include "mae/models/size_json.h"
#include "mae/models/vit_classifier.h"
#include "mae/models/vit_options.h"

namespace mae {
namespace {

void check_target(const MaeOptions& o) {
  if (o.norm_pix_loss && o.target != TargetKind::kPixels) {
    throw UsageError(std::string("norm_pix_loss and target ") + target_name(o.target) +
                     " exclude each other");
  }
  if (o.target == TargetKind::kPca) check_range("target_size", o.target_size, 1, o.patch_values());
  if (o.target == TargetKind::kTokens) check_range("target_size", o.target_size, 2, 1 << 20);
}

PosEmbed parse_pos_embed(const std::string& name) {
  if (name == "sincos2d") return PosEmbed::kSincos2d;
  if (name == "sincos1d") return PosEmbed::kSincos1d;
  throw UsageError("unknown pos_embed '" + name + "'; expected sincos2d or sincos1d");
}

bool parse_predict_hidden(const std::string& name) {
  if (name == "hidden" || name == "all") return name == "hidden";
  throw UsageError("unknown predict '" + name + "'; expected all or hidden");
}

}  // namespace

void check_options(const VitOptions& o) {
  check_range("img_size height", o.img_size.height, 1, 65536);
  check_range("img_size width", o.img_size.width, 1, 65536);
  check_range("patch_size height", o.patch_size.height, 1, 65536);
  check_range("patch_size width", o.patch_size.width, 1, 65536);
  check_divides("img_size height", o.img_size.height, "patch_size height", o.patch_size.height);
  check_divides("img_size width", o.img_size.width, "patch_size width", o.patch_size.width);
  check_range("patches of an image", o.grid().area(), 1, int64_t{1} << 20);
  check_range("in_chans", o.in_chans, 1, 4096);
  check_range("embed_dim", o.embed_dim, 4, 65536);
  check_range("depth", o.depth, 1, 1024);
  check_range("num_heads", o.num_heads, 1, 1024);
  check_divides("embed_dim", o.embed_dim, "num_heads", o.num_heads);
  check_divides("embed_dim", o.embed_dim, "the position table's factor", 4);
  check_mlp_ratio(o.mlp_ratio, o.embed_dim);
  check_layer_norm_eps("layer_norm_eps", o.layer_norm_eps);
  if (!o.key_bias && !o.qkv_bias) throw UsageError("key_bias is off, but so is qkv_bias");
}

void check_options(const MaeOptions& o) {
  check_options(static_cast<const VitOptions&>(o));
  if (o.decoder_embed_dim == 0) return;
  check_target(o);
  check_range("decoder_embed_dim", o.decoder_embed_dim, 4, 65536);
  check_range("decoder_depth", o.decoder_depth, 0, 1024);
  check_range("decoder_num_heads", o.decoder_num_heads, 1, 1024);
  check_divides("decoder_embed_dim", o.decoder_embed_dim, "decoder_num_heads", o.decoder_num_heads);
  check_divides("decoder_embed_dim", o.decoder_embed_dim, "the position table's factor", 4);
}

void check_options(const VitClassifierOptions& o) {
  check_options(static_cast<const VitOptions&>(o));
  check_range("num_classes", o.num_classes, 1, int64_t{1} << 24);
  if (!o.class_token && !o.global_pool)
    throw UsageError("the encoder has no class token to classify", "",
                     "classify the mean of the patches");
  check_drop_path_rate(o.drop_path_rate);
}

void to_json(nlohmann::json& json, const VitOptions& o) {
  json = {{"img_size", o.img_size},
          {"patch_size", o.patch_size},
          {"in_chans", o.in_chans},
          {"embed_dim", o.embed_dim},
          {"depth", o.depth},
          {"num_heads", o.num_heads},
          {"mlp_ratio", o.mlp_ratio},
          {"qkv_bias", o.qkv_bias},
          {"layer_norm_eps", o.layer_norm_eps}};
  if (!o.key_bias) json["key_bias"] = false;
  if (!o.class_token) json["class_token"] = false;
  if (o.pos_embed == PosEmbed::kSincos1d) json["pos_embed"] = "sincos1d";
}

nlohmann::json vit_defaults() {
  return {{"key_bias", true}, {"class_token", true}, {"pos_embed", "sincos2d"}};
}

void from_json(const nlohmann::json& json, VitOptions& o) {
  take_field(json, "img_size", o.img_size);
  take_field(json, "patch_size", o.patch_size);
  take_field(json, "in_chans", o.in_chans);
  take_field(json, "embed_dim", o.embed_dim);
  take_field(json, "depth", o.depth);
  take_field(json, "num_heads", o.num_heads);
  take_field(json, "mlp_ratio", o.mlp_ratio);
  take_field(json, "qkv_bias", o.qkv_bias);
  take_field(json, "layer_norm_eps", o.layer_norm_eps);
  take_field(json, "key_bias", o.key_bias);
  take_field(json, "class_token", o.class_token);
  if (json.contains("pos_embed"))
    o.pos_embed = parse_pos_embed(json.at("pos_embed").get<std::string>());
}

void to_json(nlohmann::json& json, const MaeOptions& o) {
  to_json(json, static_cast<const VitOptions&>(o));
  json["decoder_embed_dim"] = o.decoder_embed_dim;
  json["decoder_depth"] = o.decoder_depth;
  json["decoder_num_heads"] = o.decoder_num_heads;
  json["norm_pix_loss"] = o.norm_pix_loss;
  if (o.target != TargetKind::kPixels) json["target"] = target_name(o.target);
  if (o.target_size != 0) json["target_size"] = o.target_size;
  if (o.encoder_mask_tokens) json["encoder_mask_tokens"] = true;
  if (o.predict_hidden) json["predict"] = "hidden";
}

nlohmann::json mae_defaults() {
  nlohmann::json defaults = vit_defaults();
  defaults.update({{"target", "pixels"},
                   {"target_size", 0},
                   {"encoder_mask_tokens", false},
                   {"predict", "all"}});
  return defaults;
}

void from_json(const nlohmann::json& json, MaeOptions& o) {
  from_json(json, static_cast<VitOptions&>(o));
  take_field(json, "decoder_embed_dim", o.decoder_embed_dim);
  take_field(json, "decoder_depth", o.decoder_depth);
  take_field(json, "decoder_num_heads", o.decoder_num_heads);
  take_field(json, "norm_pix_loss", o.norm_pix_loss);
  if (json.contains("target")) o.target = parse_target(json.at("target").get<std::string>());
  if (o.target == TargetKind::kNormPixels) {
    o.norm_pix_loss = true;
    o.target = TargetKind::kPixels;
  }
  take_field(json, "target_size", o.target_size);
  take_field(json, "encoder_mask_tokens", o.encoder_mask_tokens);
  if (json.contains("predict"))
    o.predict_hidden = parse_predict_hidden(json.at("predict").get<std::string>());
}

void to_json(nlohmann::json& json, const VitClassifierOptions& o) {
  to_json(json, static_cast<const VitOptions&>(o));
  json["num_classes"] = o.num_classes;
  json["global_pool"] = o.global_pool;
  json["drop_path_rate"] = o.drop_path_rate;
}

void from_json(const nlohmann::json& json, VitClassifierOptions& o) {
  from_json(json, static_cast<VitOptions&>(o));
  take_field(json, "num_classes", o.num_classes);
  take_field(json, "global_pool", o.global_pool);
  take_field(json, "drop_path_rate", o.drop_path_rate);
}

}  // namespace mae
