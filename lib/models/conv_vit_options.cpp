// Checks and JSON; every number is bounded, since a configuration may come from a stranger's file.
#include "mae/models/conv_vit_options.h"

#include <string>

#include "mae/models/hierarchy_checks.h"
#include "mae/models/size_json.h"

namespace mae {
namespace {

constexpr size_t kStages = 3;

// One number a stage, as published: the first picture size, and the product of the patch sizes.
Size2d image_size_of(const nlohmann::json& json) {
  if (!json.is_array() || json.size() != kStages) return json.get<Size2d>();
  const auto sides = json.get<std::vector<int64_t>>();
  if (sides[1] * 2 != sides[0] / 2 || sides[2] * 2 != sides[1]) {
    throw UsageError("img_size " + json.dump() +
                     " does not fit patch_size; expected the side of a picture, a quarter and an "
                     "eighth of it, or [height, width]");
  }
  return {sides[0], sides[0]};
}

Size2d patch_size_of(const nlohmann::json& json) {
  if (!json.is_array() || json.size() != kStages) return json.get<Size2d>();
  const auto patches = json.get<std::vector<int64_t>>();
  if (patches[1] != 2 || patches[2] != 2) {
    throw UsageError("patch_size is " + json.dump() + "; expected 2 for stages 2 and 3");
  }
  return {patches[0] * 4, patches[0] * 4};
}

}  // namespace

std::vector<int64_t> ConvVitOptions::map_strides() const {
  const int64_t p = patch_size.height;
  std::vector<int64_t> strides{p / 4, p / 2, p};
  if (grid().height > 1 && grid().width > 1) strides.push_back(2 * p);
  return strides;
}

void check_options(const ConvVitOptions& o) {
  check_picture(o.img_size, o.patch_size, o.in_chans);
  if (o.patch_size.height != o.patch_size.width)
    throw UsageError("patch_size is " + size_text(o.patch_size) + "; expected a square");
  check_divides("patch_size", o.patch_size.height, "the strides of stages 2 and 3", 4);
  check_stages("embed_dim", o.embed_dim.size(), kStages);
  check_stages("depth", o.depth.size(), kStages);
  check_stages("mlp_ratio", o.mlp_ratio.size(), kStages);
  for (size_t i = 0; i < kStages; ++i) {
    check_range("embed_dim", o.embed_dim[i], 1, 65536);
    check_range("depth", o.depth[i], i + 1 < kStages ? 0 : 1, 1024);
    check_mlp_ratio(o.mlp_ratio[i], o.embed_dim[i]);
  }
  check_range("num_heads", o.num_heads, 1, 1024);
  check_divides("embed_dim", o.embed_dim[2], "num_heads", o.num_heads);
  check_divides("embed_dim", o.embed_dim[2], "the position table's factor", 4);
  check_layer_norm_eps("layer_norm_eps", o.layer_norm_eps);
  check_layer_norm_eps("embed_and_conv_layer_norm_eps", o.embed_and_conv_layer_norm_eps);
}

void to_json(nlohmann::json& json, const ConvVitOptions& o) {
  json = {{"img_size", o.img_size},
          {"patch_size", o.patch_size},
          {"in_chans", o.in_chans},
          {"embed_dim", o.embed_dim},
          {"depth", o.depth},
          {"num_heads", o.num_heads},
          {"mlp_ratio", o.mlp_ratio},
          {"qkv_bias", o.qkv_bias},
          {"layer_norm_eps", o.layer_norm_eps},
          {"embed_and_conv_layer_norm_eps", o.embed_and_conv_layer_norm_eps}};
}

void from_json(const nlohmann::json& json, ConvVitOptions& o) {
  if (json.contains("img_size")) o.img_size = image_size_of(json.at("img_size"));
  if (json.contains("patch_size")) o.patch_size = patch_size_of(json.at("patch_size"));
  take_field(json, "in_chans", o.in_chans);
  if (json.contains("embed_dim") && json.at("embed_dim").is_number()) {
    const auto D = json.at("embed_dim").get<int64_t>();
    check_divides("embed_dim", D, "the ratio of the stages' widths", 6);
    o.embed_dim = {D / 3, D / 2, D};
  } else {
    take_field(json, "embed_dim", o.embed_dim);
  }
  if (json.contains("depth") && json.at("depth").is_number()) {
    o.depth.back() = json.at("depth").get<int64_t>();
  } else {
    take_field(json, "depth", o.depth);
  }
  take_field(json, "num_heads", o.num_heads);
  if (json.contains("mlp_ratio") && json.at("mlp_ratio").is_number()) {
    o.mlp_ratio.assign(kStages, json.at("mlp_ratio").get<double>());
  } else {
    take_field(json, "mlp_ratio", o.mlp_ratio);
  }
  take_field(json, "qkv_bias", o.qkv_bias);
  take_field(json, "layer_norm_eps", o.layer_norm_eps);
  take_field(json, "embed_and_conv_layer_norm_eps", o.embed_and_conv_layer_norm_eps);
}

}  // namespace mae
