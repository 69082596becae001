// Checks and JSON; every number is bounded, since a configuration may come from a stranger's file.
#include "mae/models/hivit_options.h"

#include <string>

#include "mae/models/hierarchy_checks.h"
#include "mae/models/size_json.h"

namespace mae {

std::vector<int64_t> HivitOptions::map_strides() const {
  const int64_t p = patch_size.height;
  std::vector<int64_t> strides{p / 4, p / 2, p};
  if (grid().height > 1 && grid().width > 1) strides.push_back(2 * p);
  return strides;
}

void check_options(const HivitOptions& o) {
  check_picture(o.img_size, o.patch_size, o.in_chans);
  if (o.patch_size.height != o.patch_size.width)
    throw UsageError("patch_size is " + size_text(o.patch_size) + "; expected a square");
  check_range("inner_patches", o.inner_patches, 4, 4);
  check_divides("patch_size", o.patch_size.height, "inner_patches", 4);
  // The index of relative positions has the square of it.
  if (o.rpe) check_range("patches of an image", o.grid().area(), 1, int64_t{1} << 14);
  check_range("embed_dim", o.embed_dim, 4, 65536);
  check_divides("embed_dim", o.embed_dim, "the stems' factor", 4);
  check_stages("depths", o.depths.size(), 3);
  for (const int64_t depth : o.depths) check_range("depths", depth, 1, 1024);
  check_range("num_heads", o.num_heads, 1, 1024);
  check_divides("embed_dim", o.embed_dim, "num_heads", o.num_heads);
  check_mlp_ratio(o.stem_mlp_ratio, o.embed_dim / 4);
  check_mlp_ratio(o.mlp_ratio, o.embed_dim);
  check_layer_norm_eps("layer_norm_eps", o.layer_norm_eps);
}

void to_json(nlohmann::json& json, const HivitOptions& o) {
  json = {{"img_size", o.img_size},
          {"patch_size", o.patch_size},
          {"in_chans", o.in_chans},
          {"inner_patches", o.inner_patches},
          {"embed_dim", o.embed_dim},
          {"depths", o.depths},
          {"num_heads", o.num_heads},
          {"stem_mlp_ratio", o.stem_mlp_ratio},
          {"mlp_ratio", o.mlp_ratio},
          {"rpe", o.rpe},
          {"layer_norm_eps", o.layer_norm_eps}};
}

void from_json(const nlohmann::json& json, HivitOptions& o) {
  take_field(json, "img_size", o.img_size);
  take_field(json, "patch_size", o.patch_size);
  take_field(json, "in_chans", o.in_chans);
  take_field(json, "inner_patches", o.inner_patches);
  take_field(json, "embed_dim", o.embed_dim);
  take_field(json, "depths", o.depths);
  take_field(json, "num_heads", o.num_heads);
  take_field(json, "stem_mlp_ratio", o.stem_mlp_ratio);
  take_field(json, "mlp_ratio", o.mlp_ratio);
  take_field(json, "rpe", o.rpe);
  take_field(json, "layer_norm_eps", o.layer_norm_eps);
}

nlohmann::json with_main_depth(nlohmann::json config) {
  if (!config.contains("depth")) return config;
  nlohmann::json depths = config.value("depths", nlohmann::json(HivitOptions().depths));
  if (depths.is_array() && !depths.empty()) depths.back() = config["depth"];
  config["depths"] = depths;
  config.erase("depth");
  return config;
}

}  // namespace mae
