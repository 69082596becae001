// MixMIM's tables of relative positions say everything but the decoder's heads.
#include "mae/layouts/paper_configs.h"

namespace mae {

using nlohmann::json;

bool take_mixmim(StagedReader* file) {
  if (!file->has("layers.0.blocks.0.attn.relative_position_bias_table")) return false;
  json& config = file->result.config;
  file->take_patch("patch_embed.proj.weight");
  const int64_t width = file->shape("patch_embed.proj.weight", 4)[0];
  config["embed_dim"] = width;
  config["mlp_ratio"] = file->mlp_ratio("layers.0.blocks.0.", width);
  int64_t stage = 0;
  for (; file->has("layers." + std::to_string(stage) + ".blocks.0.norm1.weight"); ++stage) {
    const std::string blocks = "layers." + std::to_string(stage) + ".blocks.";
    const std::string table = blocks + "0.attn.relative_position_bias_table";
    config["depths"].push_back(file->count_blocks(blocks, "norm1.weight"));
    config["num_heads"].push_back(file->shape(table, 2)[1]);
    config["window_size"].push_back(file->window_side(table));
  }
  file->take_picture("absolute_pos_embed", 1);
  file->take_head("mixmim", "mixmim_classifier");
  if (file->is_classifier() || stage > 8) return true;  // more stages are refused by the model
  const int64_t joined = int64_t{1} << (stage - 1);
  config["encoder_stride"] = {config["patch_size"][0].get<int64_t>() * joined,
                              config["patch_size"][1].get<int64_t>() * joined};
  file->take_decoder("decoder_dim");
  file->take_norm_pix_loss();
  return true;
}

}  // namespace mae
