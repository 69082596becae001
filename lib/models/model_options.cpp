// Checks and JSON of the option structs. Every number is bounded, since a configuration may come
// from a stranger's file.
#include <initializer_list>
#include <string>

#include "mae/base/error.h"
#include "mae/models/mae.h"
#include "mae/models/size_json.h"
#include "mae/models/vit_classifier.h"
#include "mae/models/vit_options.h"

namespace mae {
namespace {

void check_range(const char* field, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return;
  throw UsageError(std::string(field) + " is " + std::to_string(value) + "; expected " +
                   std::to_string(low) + " to " + std::to_string(high));
}

void check_divides(const char* field, int64_t value, const char* by_field, int64_t by) {
  if (value % by == 0) return;
  throw UsageError(std::string(field) + " " + std::to_string(value) + " is not divisible by " +
                   by_field + " " + std::to_string(by));
}

// Overwrites `field` with the JSON member of that name, where there is one.
template <typename T>
void take(const nlohmann::json& json, const char* name, T& field) {
  if (json.contains(name)) field = json.at(name).get<T>();
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
  if (!(o.mlp_ratio > 0 && o.mlp_ratio <= 64 &&
        static_cast<double>(o.embed_dim) * o.mlp_ratio >= 1)) {
    throw UsageError("mlp_ratio is " + std::to_string(o.mlp_ratio) +
                     "; expected more than 0 and at most 64");
  }
  if (!(o.layer_norm_eps > 0 && o.layer_norm_eps < 1)) {
    throw UsageError("layer_norm_eps is " + std::to_string(o.layer_norm_eps) +
                     "; expected between 0 and 1");
  }
}

void check_options(const MaeOptions& o) {
  check_options(static_cast<const VitOptions&>(o));
  if (o.decoder_embed_dim == 0) return;
  check_range("decoder_embed_dim", o.decoder_embed_dim, 4, 65536);
  check_range("decoder_depth", o.decoder_depth, 0, 1024);
  check_range("decoder_num_heads", o.decoder_num_heads, 1, 1024);
  check_divides("decoder_embed_dim", o.decoder_embed_dim, "decoder_num_heads", o.decoder_num_heads);
  check_divides("decoder_embed_dim", o.decoder_embed_dim, "the position table's factor", 4);
}

void check_options(const VitClassifierOptions& o) {
  check_options(static_cast<const VitOptions&>(o));
  check_range("num_classes", o.num_classes, 1, int64_t{1} << 24);
  if (!(o.drop_path_rate >= 0 && o.drop_path_rate < 1)) {
    throw UsageError("drop_path_rate is " + std::to_string(o.drop_path_rate) +
                     "; expected at least 0 and less than 1");
  }
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
}

void from_json(const nlohmann::json& json, VitOptions& o) {
  take(json, "img_size", o.img_size);
  take(json, "patch_size", o.patch_size);
  take(json, "in_chans", o.in_chans);
  take(json, "embed_dim", o.embed_dim);
  take(json, "depth", o.depth);
  take(json, "num_heads", o.num_heads);
  take(json, "mlp_ratio", o.mlp_ratio);
  take(json, "qkv_bias", o.qkv_bias);
  take(json, "layer_norm_eps", o.layer_norm_eps);
}

void to_json(nlohmann::json& json, const MaeOptions& o) {
  to_json(json, static_cast<const VitOptions&>(o));
  json["decoder_embed_dim"] = o.decoder_embed_dim;
  json["decoder_depth"] = o.decoder_depth;
  json["decoder_num_heads"] = o.decoder_num_heads;
  json["norm_pix_loss"] = o.norm_pix_loss;
}

void from_json(const nlohmann::json& json, MaeOptions& o) {
  from_json(json, static_cast<VitOptions&>(o));
  take(json, "decoder_embed_dim", o.decoder_embed_dim);
  take(json, "decoder_depth", o.decoder_depth);
  take(json, "decoder_num_heads", o.decoder_num_heads);
  take(json, "norm_pix_loss", o.norm_pix_loss);
}

void to_json(nlohmann::json& json, const VitClassifierOptions& o) {
  to_json(json, static_cast<const VitOptions&>(o));
  json["num_classes"] = o.num_classes;
  json["global_pool"] = o.global_pool;
  json["drop_path_rate"] = o.drop_path_rate;
}

void from_json(const nlohmann::json& json, VitClassifierOptions& o) {
  from_json(json, static_cast<VitOptions&>(o));
  take(json, "num_classes", o.num_classes);
  take(json, "global_pool", o.global_pool);
  take(json, "drop_path_rate", o.drop_path_rate);
}

}  // namespace mae
