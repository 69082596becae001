// ConvMAE and FastConvMAE have the same tensors; what tells them apart is the training's arguments.
#include "mae/layouts/paper_configs.h"

namespace mae {
namespace {

using nlohmann::json;

constexpr int64_t kStages = 3;
constexpr int64_t kCells = 4;     // of a patch's side in stage 1
constexpr int64_t kHeadDim = 64;  // of the published Base model
constexpr double kMlpRatio = 4;   // of a stage without blocks

}  // namespace

bool take_conv_mae(StagedReader* file) {
  if (!file->has("patch_embed1.proj.weight")) return false;
  json& config = file->result.config;
  file->take_patch("patch_embed1.proj.weight", kCells);
  for (int64_t stage = 1; stage <= kStages; ++stage) {
    const std::string number = std::to_string(stage), blocks = "blocks" + number + ".";
    const int64_t width = file->shape("patch_embed" + number + ".proj.weight", 4)[0];
    const int64_t depth = file->count_blocks(blocks, "norm1.weight");
    config["embed_dim"].push_back(width);
    config["depth"].push_back(depth);
    config["mlp_ratio"].push_back(
        depth == 0 ? kMlpRatio : file->mlp_ratio(blocks + "0.", width, stage < kStages ? 4 : 2));
  }
  config["num_heads"] = file->num_heads(config["embed_dim"].back(), kHeadDim);
  config["qkv_bias"] = file->has("blocks3.0.attn.qkv.bias");
  file->take_picture("pos_embed", 1);
  const json name = file->argument("model");
  const bool fast = name.is_string() && name.get<std::string>().find("fast") != std::string::npos;
  file->take_head(fast ? "fast_conv_mae" : "conv_mae", "conv_vit_classifier");
  if (file->is_classifier()) return true;
  if (!fast)
    file->result.notes.emplace_back(
        "FastConvMAE's files have the same tensors; model is taken as conv_mae");
  file->take_decoder("decoder_embed_dim");
  file->take_norm_pix_loss();
  return true;
}

}  // namespace mae
