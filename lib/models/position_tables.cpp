// Other picture sizes for plain vision transformers: only the position tables change.
#include "mae/models/model_kind.h"
#include "mae/models/size_json.h"
#include "mae/models/vit_options.h"
#include "mae/ops/pos_embed.h"

namespace mae {
namespace {

Size2d grid_of(const nlohmann::json& config) {
  const auto image = config.at("img_size").get<Size2d>();
  const auto patch = config.at("patch_size").get<Size2d>();
  return {image.height / patch.height, image.width / patch.width};
}

nlohmann::json vit_config_of_size(nlohmann::json config, Size2d img_size) {
  config["img_size"] = img_size;
  check_options(config.get<VitOptions>());
  return config;
}

void resize_position_tables(const nlohmann::json& from, const nlohmann::json& to,
                            StateDict* tensors) {
  const Size2d old_grid = grid_of(from), new_grid = grid_of(to);
  if (old_grid == new_grid) return;
  for (const char* name : {"pos_embed", "decoder_pos_embed"}) {
    const auto found = tensors->find(name);
    if (found != tensors->end())
      found->second = interpolate_pos_embed(found->second, old_grid, new_grid);
  }
}

}  // namespace

ResizeRule vit_resize_rule() { return {vit_config_of_size, resize_position_tables}; }

void drop_tensors(StateDict* tensors, const std::string& prefix) {
  for (auto it = tensors->begin(); it != tensors->end();) {
    it = it->first.compare(0, prefix.size(), prefix) == 0 ? tensors->erase(it) : std::next(it);
  }
}

}  // namespace mae
