// Options, blocks and the walk through the stages.
#include "mae/models/swin.h"

#include <ATen/core/grad_mode.h>

#include "mae/models/hierarchy_checks.h"
#include "mae/models/size_json.h"

namespace mae {

int64_t SwinOptions::depth() const { return sum_of(depths); }

void check_options(const SwinOptions& o, Size2d cells) {
  check_picture(o.img_size, o.patch_size, o.in_chans);
  check_range("the number of stages", o.stages(), 1, 8);
  check_stages("num_heads", o.num_heads.size(), o.stages());
  check_halvings(cells, o.stages());
  check_range("embed_dim", o.embed_dim, 4, 65536);
  for (int64_t s = 0; s < o.stages(); ++s) {
    const auto i = static_cast<size_t>(s);
    check_stage(o.dim_of(s), o.depths[i], o.num_heads[i]);
    check_window({cells.height >> s, cells.width >> s}, o.window_size);
  }
  check_mlp_ratio(o.mlp_ratio, o.embed_dim);
  check_range("posmlp_dim", o.posmlp_dim, 1, 65536);
  check_layer_norm_eps("layer_norm_eps", o.layer_norm_eps);
  check_layer_norm_eps("block_layer_norm_eps", o.block_layer_norm_eps);
}

void to_json(nlohmann::json& json, const SwinOptions& o) {
  json = {{"img_size", o.img_size},
          {"patch_size", o.patch_size},
          {"in_chans", o.in_chans},
          {"embed_dim", o.embed_dim},
          {"depths", o.depths},
          {"num_heads", o.num_heads},
          {"mlp_ratio", o.mlp_ratio},
          {"window_size", o.window_size},
          {"posmlp_dim", o.posmlp_dim},
          {"layer_norm_eps", o.layer_norm_eps},
          {"block_layer_norm_eps", o.block_layer_norm_eps}};
}

void from_json(const nlohmann::json& json, SwinOptions& o) {
  take_field(json, "img_size", o.img_size);
  take_field(json, "patch_size", o.patch_size);
  take_field(json, "in_chans", o.in_chans);
  take_field(json, "embed_dim", o.embed_dim);
  take_field(json, "depths", o.depths);
  take_field(json, "num_heads", o.num_heads);
  take_field(json, "mlp_ratio", o.mlp_ratio);
  take_field(json, "window_size", o.window_size);
  take_field(json, "posmlp_dim", o.posmlp_dim);
  take_field(json, "layer_norm_eps", o.layer_norm_eps);
  take_field(json, "block_layer_norm_eps", o.block_layer_norm_eps);
}

SwinBlocks::SwinBlocks(const SwinOptions& o) : depths_(o.depths) {
  for (size_t s = 0; s < depths_.size(); ++s) {
    const auto stage = static_cast<int64_t>(s);
    const BlockOptions block{o.dim_of(stage), o.num_heads[s], o.mlp_ratio, /*qkv_bias=*/true,
                             o.block_layer_norm_eps};
    for (int64_t d = 0; d < depths_[s]; ++d) {
      const int64_t in_dim = s > 0 && d == 0 ? o.dim_of(stage - 1) : 0;
      blocks_.push_back(register_module(
          std::to_string(blocks_.size()),
          std::make_shared<SwinBlock>(block, o.posmlp_dim, in_dim, o.layer_norm_eps)));
    }
  }
}

Tensor SwinBlocks::forward(Tensor x, CellPlaces places, int64_t max_step, int64_t window_size,
                           StageWalk& walk) const {
  int64_t i = 0;
  for (size_t s = 0; s < depths_.size(); ++s) {
    if (s > 0) places = downsample_places(places, max_step);
    // Even blocks share one cut, odd ones another.
    const WindowPlan plans[2] = {
        plan_windows(places, window_size, /*shifted=*/false),
        depths_[s] > 1 ? plan_windows(places, window_size, true) : WindowPlan{}};
    for (int64_t d = 0; d < depths_[s]; ++d, ++i) {
      const at::AutoGradMode mode(at::GradMode::is_enabled() && !walk.is_frozen(i));
      const SwinBlock& block = *blocks_[static_cast<size_t>(i)];
      if (s > 0 && d == 0) x = block.downsample(x);
      x = block.forward(x, plans[d % 2], walk.branch_scale(i));  // [B, H / 2^s, W / 2^s, D_s]
      walk.leave_block(i, x);
    }
    walk.leave_stage(x);
  }
  return x;
}

}  // namespace mae
