// Options, blocks and the walk through the stages.
#include "mae/models/pvt.h"

#include <ATen/core/grad_mode.h>

#include "mae/models/hierarchy_checks.h"
#include "mae/models/size_json.h"

namespace mae {

int64_t PvtOptions::depth() const { return sum_of(depths); }

void check_options(const PvtOptions& o, Size2d cells) {
  check_picture(o.img_size, o.patch_size, o.in_chans);
  check_range("the number of stages", o.stages(), 1, 8);
  check_stages("depths", o.depths.size(), o.stages());
  check_stages("num_heads", o.num_heads.size(), o.stages());
  check_stages("mlp_ratios", o.mlp_ratios.size(), o.stages());
  check_stages("sr_ratios", o.sr_ratios.size(), o.stages());
  check_halvings(cells, o.stages());
  for (size_t s = 0; s < o.embed_dims.size(); ++s) {
    check_stage(o.embed_dims[s], o.depths[s], o.num_heads[s]);
    check_mlp_ratio(o.mlp_ratios[s], o.embed_dims[s]);
    check_range("sr_ratios", o.sr_ratios[s], 1, 4096);
    check_divides("a stage's grid side", cells.height >> s, "its sr_ratio", o.sr_ratios[s]);
    check_divides("a stage's grid side", cells.width >> s, "its sr_ratio", o.sr_ratios[s]);
  }
  check_divides("embed_dims", o.embed_dims[0], "the position table's factor", 4);
  check_layer_norm_eps("layer_norm_eps", o.layer_norm_eps);
  check_layer_norm_eps("block_layer_norm_eps", o.block_layer_norm_eps);
}

void to_json(nlohmann::json& json, const PvtOptions& o) {
  json = {{"img_size", o.img_size},
          {"patch_size", o.patch_size},
          {"in_chans", o.in_chans},
          {"embed_dims", o.embed_dims},
          {"depths", o.depths},
          {"num_heads", o.num_heads},
          {"mlp_ratios", o.mlp_ratios},
          {"sr_ratios", o.sr_ratios},
          {"layer_norm_eps", o.layer_norm_eps},
          {"block_layer_norm_eps", o.block_layer_norm_eps}};
}

void from_json(const nlohmann::json& json, PvtOptions& o) {
  take_field(json, "img_size", o.img_size);
  take_field(json, "patch_size", o.patch_size);
  take_field(json, "in_chans", o.in_chans);
  take_field(json, "embed_dims", o.embed_dims);
  take_field(json, "depths", o.depths);
  take_field(json, "num_heads", o.num_heads);
  take_field(json, "mlp_ratios", o.mlp_ratios);
  take_field(json, "sr_ratios", o.sr_ratios);
  take_field(json, "layer_norm_eps", o.layer_norm_eps);
  take_field(json, "block_layer_norm_eps", o.block_layer_norm_eps);
}

std::vector<int64_t> whole_picture_sr_ratios(std::vector<int64_t> sr_ratios) {
  for (size_t s = 0; s + 1 < sr_ratios.size(); ++s) sr_ratios[s] *= 2;
  return sr_ratios;
}

PvtBlocks::PvtBlocks(const PvtOptions& o) : depths_(o.depths) {
  for (size_t s = 0; s < depths_.size(); ++s) {
    const BlockOptions block{o.embed_dims[s], o.num_heads[s], o.mlp_ratios[s], /*qkv_bias=*/true,
                             o.block_layer_norm_eps};
    for (int64_t d = 0; d < depths_[s]; ++d) {
      const int64_t in_dim = s > 0 && d == 0 ? o.embed_dims[s - 1] : 0;
      blocks_.push_back(register_module(std::to_string(blocks_.size()),
                                        std::make_shared<PvtBlock>(block, in_dim)));
    }
  }
}

Tensor PvtBlocks::forward(Tensor x, const std::vector<int64_t>& sr_ratios, StageWalk& walk) const {
  int64_t i = 0;
  for (size_t s = 0; s < depths_.size(); ++s) {
    for (int64_t d = 0; d < depths_[s]; ++d, ++i) {
      const at::AutoGradMode mode(at::GradMode::is_enabled() && !walk.is_frozen(i));
      const PvtBlock& block = *blocks_[static_cast<size_t>(i)];
      if (s > 0 && d == 0) x = block.downsample(x);
      x = block.forward(x, sr_ratios[s], walk.branch_scale(i));  // [B, H / 2^s, W / 2^s, D_s]
      walk.leave_block(i, x);
    }
    walk.leave_stage(x);
  }
  return x;
}

}  // namespace mae
