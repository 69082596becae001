// Grids from pitches, then interpolate_pos_embed.
#include "mae/models/hierarchy_resize.h"

#include "mae/models/size_json.h"
#include "mae/ops/pos_embed.h"

namespace mae {
namespace {

Size2d grid_of(const nlohmann::json& config, const char* pitch) {
  const auto image = config.at("img_size").get<Size2d>();
  const auto step = config.at(pitch).get<Size2d>();
  if (step.height < 1 || step.width < 1)
    throw UsageError(std::string(pitch) + " is " + size_text(step) + "; expected at least 1");
  return {image.height / step.height, image.width / step.width};
}

}  // namespace

void resize_table(const PositionTable& table, const nlohmann::json& from, const nlohmann::json& to,
                  StateDict* tensors) {
  const auto found = tensors->find(table.name);
  if (found == tensors->end()) return;
  found->second =
      interpolate_pos_embed(found->second, grid_of(from, table.pitch), grid_of(to, table.pitch));
}

ResizeRule table_resize_rule(std::vector<PositionTable> tables) {
  ResizeRule rule;
  rule.config = [](nlohmann::json config, Size2d img_size) {
    config["img_size"] = img_size;
    return config;
  };
  rule.tensors = [tables = std::move(tables)](const nlohmann::json& from, const nlohmann::json& to,
                                              StateDict* tensors) {
    for (const PositionTable& table : tables) resize_table(table, from, to, tensors);
  };
  return rule;
}

}  // namespace mae
