// Stages "layers.N" with "blocks.M" and, but for the last, "downsample".
#include "mae/models/mixmim_encoder.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "mae/base/text.h"
#include "mae/models/hierarchy_checks.h"
#include "mae/models/init_rules.h"
#include "mae/models/initialize.h"
#include "mae/models/size_json.h"
#include "mae/ops/grid_ops.h"
#include "mae/ops/pos_embed.h"

namespace mae {

int64_t MixmimEncoderOptions::depth() const { return sum_of(depths); }

Size2d MixmimEncoderOptions::window(int64_t stage) const {
  const int64_t size = window_size[static_cast<size_t>(stage)];
  return {std::min(size, cells(stage).height), std::min(size, cells(stage).width)};
}

void check_options(const MixmimEncoderOptions& o) {
  check_picture(o.img_size, o.patch_size, o.in_chans);
  check_range("the number of stages", o.stages(), 1, 8);
  check_stages("num_heads", o.num_heads.size(), o.stages());
  check_stages("window_size", o.window_size.size(), o.stages());
  check_halvings(o.cells(0), o.stages());
  check_range("embed_dim", o.embed_dim, 4, 65536);
  check_divides("embed_dim", o.embed_dim, "the position table's factor", 4);
  for (int64_t s = 0; s < o.stages(); ++s) {
    const auto i = static_cast<size_t>(s);
    check_stage(o.dim_of(s), o.depths[i], o.num_heads[i]);
    check_window(o.cells(s), o.window_size[i]);
  }
  check_mlp_ratio(o.mlp_ratio, o.embed_dim);
  check_layer_norm_eps("layer_norm_eps", o.layer_norm_eps);
}

void to_json(nlohmann::json& json, const MixmimEncoderOptions& o) {
  json = {{"img_size", o.img_size},
          {"patch_size", o.patch_size},
          {"in_chans", o.in_chans},
          {"embed_dim", o.embed_dim},
          {"depths", o.depths},
          {"num_heads", o.num_heads},
          {"window_size", o.window_size},
          {"mlp_ratio", o.mlp_ratio},
          {"layer_norm_eps", o.layer_norm_eps}};
}

void from_json(const nlohmann::json& json, MixmimEncoderOptions& o) {
  take_field(json, "img_size", o.img_size);
  take_field(json, "patch_size", o.patch_size);
  take_field(json, "in_chans", o.in_chans);
  take_field(json, "embed_dim", o.embed_dim);
  take_field(json, "depths", o.depths);
  take_field(json, "num_heads", o.num_heads);
  take_field(json, "window_size", o.window_size);
  take_field(json, "mlp_ratio", o.mlp_ratio);
  take_field(json, "layer_norm_eps", o.layer_norm_eps);
}

struct MixmimEncoder::Layer : Module {
  Layer(const MixmimEncoderOptions& o, int64_t stage) {
    auto list = register_module("blocks", std::make_shared<ModuleList>());
    const auto i = static_cast<size_t>(stage);
    const BlockOptions block{o.dim_of(stage), o.num_heads[i], o.mlp_ratio, /*qkv_bias=*/true,
                             o.layer_norm_eps};
    for (int64_t d = 0; d < o.depths[i]; ++d)
      blocks.push_back(list->register_module(std::to_string(d),
                                             std::make_shared<MixBlock>(block, o.window(stage))));
    if (stage + 1 < o.stages())
      downsample = register_module("downsample",
                                   std::make_shared<PatchMerge>(o.dim_of(stage), o.layer_norm_eps));
  }
  std::vector<std::shared_ptr<MixBlock>> blocks;
  std::shared_ptr<PatchMerge> downsample;  // null in the last stage
};

MixmimEncoder::MixmimEncoder(Module& owner, const MixmimEncoderOptions& o) : options_(o) {
  pos_embed_ = owner.register_parameter(
      "absolute_pos_embed",
      sincos_pos_embed(o.embed_dim, o.cells(0), /*cls_token=*/false).unsqueeze(0).to(at::kFloat),
      /*requires_grad=*/false);
  patch_embed_ = owner.register_module(
      "patch_embed",
      std::make_shared<ConvEmbed>(o.in_chans, o.embed_dim, o.patch_size, o.layer_norm_eps));
  auto list = owner.register_module("layers", std::make_shared<ModuleList>());
  for (int64_t s = 0; s < o.stages(); ++s)
    layers_.push_back(list->register_module(std::to_string(s), std::make_shared<Layer>(o, s)));
}

Tensor MixmimEncoder::embed(const Tensor& images) const {
  return patch_embed_->forward(images.permute({0, 2, 3, 1}));
}

Tensor MixmimEncoder::run_stages(Tensor x, const Tensor& mask, StageWalk& walk) const {
  const Size2d coarse = options_.cells(options_.stages() - 1);
  {
    const at::AutoGradMode mode(at::GradMode::is_enabled() && !walk.is_frozen(0));
    x = x + pos_embed_.reshape({1, x.size(1), x.size(2), x.size(3)});
  }
  int64_t i = 0;
  for (int64_t s = 0; s < options_.stages(); ++s) {
    const Size2d grid = options_.cells(s);
    Tensor cells;  // the mask on this stage's grid
    if (mask.defined())
      cells = enlarge_mask(mask, coarse, {grid.height / coarse.height, grid.width / coarse.width});
    const MixWindows windows =
        plan_mix_windows(grid, options_.window_size[static_cast<size_t>(s)], cells);
    const Layer& layer = *layers_[static_cast<size_t>(s)];
    for (const auto& block : layer.blocks) {
      const at::AutoGradMode mode(at::GradMode::is_enabled() && !walk.is_frozen(i));
      x = block->forward(x, windows, walk.branch_scale(i));  // [B, h, w, D_s]
      walk.leave_block(i++, x);
    }
    walk.leave_stage(x);
    // Learns with the next stage's first block, also when that is frozen.
    const at::AutoGradMode mode(at::GradMode::is_enabled() && !walk.is_frozen(i));
    if (layer.downsample) x = layer.downsample->forward(x);
  }
  return x;
}

void initialize_mixmim(Module& module, uint64_t seed) {
  initialize_module(module, {LinearInit::kXavierUniform, ConvInit::kDefault}, seed,
                    [&](const std::string& name, Tensor& parameter) {
                      const bool is_head = name == "head.weight";
                      if (!is_head && !ends_with(name, "relative_position_bias_table"))
                        return false;
                      fill_normal(parameter, is_head ? 2e-5 : 0.02, seed, name);
                      return true;
                    });
}

namespace {

// The smallest window of at least this size that divides both sides it does not cover.
int64_t fitting_window(int64_t size, Size2d grid) {
  const auto fits = [&](int64_t side) { return side <= size || side % size == 0; };
  while (!(fits(grid.height) && fits(grid.width))) ++size;
  return size;
}

nlohmann::json mixmim_config_of_size(const nlohmann::json& config, Size2d img_size) {
  MixmimEncoderOptions o;
  from_json(config, o);
  o.img_size = img_size;
  check_stages("window_size", o.window_size.size(), o.stages());
  check_picture(o.img_size, o.patch_size, o.in_chans);
  for (int64_t s = 0; s < o.stages(); ++s) {
    int64_t& window = o.window_size[static_cast<size_t>(s)];
    check_range("window_size", window, 1, 4096);
    window = fitting_window(window, o.cells(s));
  }
  nlohmann::json resized = config;
  resized["img_size"] = img_size;
  resized["window_size"] = o.window_size;
  return resized;
}

void resize_grid_table(const std::string& name, Size2d from, Size2d to, StateDict* tensors) {
  const auto found = tensors->find(name);
  if (found == tensors->end() || from == to) return;
  found->second = interpolate_pos_embed(found->second, from, to);
}

// [(2h - 1)(2w - 1), N], one row a relative position.
void resize_window_tables(int64_t stage, Size2d from, Size2d to, StateDict* tensors) {
  if (from == to) return;
  const std::string prefix = "layers." + std::to_string(stage) + ".blocks.";
  for (auto& [name, table] : *tensors) {
    if (!starts_with(name, prefix)) continue;
    if (ends_with(name, "relative_position_index")) table = relative_position_index(to);
    if (!ends_with(name, "relative_position_bias_table")) continue;
    table = interpolate_pos_embed(table.unsqueeze(0), {2 * from.height - 1, 2 * from.width - 1},
                                  {2 * to.height - 1, 2 * to.width - 1})
                .squeeze(0);
  }
}

void resize_mixmim_tensors(const nlohmann::json& from, const nlohmann::json& to,
                           StateDict* tensors) {
  MixmimEncoderOptions before, after;
  from_json(from, before);
  from_json(to, after);
  const int64_t last = before.stages() - 1;
  resize_grid_table("absolute_pos_embed", before.cells(0), after.cells(0), tensors);
  resize_grid_table("decoder_pos_embed", before.cells(last), after.cells(last), tensors);
  for (int64_t s = 0; s <= last; ++s)
    resize_window_tables(s, before.window(s), after.window(s), tensors);
}

}  // namespace

ResizeRule mixmim_resize_rule() { return {mixmim_config_of_size, resize_mixmim_tensors}; }

}  // namespace mae
