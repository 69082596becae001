// UM-MAE on PVT and Swin: blocks are numbered over all stages; heads, pooling and windows that no
// shape shows are the paper's.
#include <algorithm>

#include "mae/layouts/paper_configs.h"

namespace mae {
namespace {

using nlohmann::json;

constexpr int64_t kUnitCells = 4;    // units are 4 x 4 cells of the first stage
constexpr int64_t kPvtHeadDim = 64;  // of every published PVT
constexpr int64_t kSwinWindow = 8;   // of the closed-up grid
constexpr double kVisMaskRatio = 0.25;

// One stage's blocks, counted from 0 over all of them.
struct Stage {
  std::string first;  // "blocks.7."
  int64_t depth = 0, width = 0;
};

// A stage begins where a block downsamples.
std::vector<Stage> flat_stages(const StagedReader& file) {
  std::vector<Stage> stages;
  for (int64_t i = 0; file.has("blocks." + std::to_string(i) + ".norm1.weight"); ++i) {
    const std::string block = "blocks." + std::to_string(i) + ".";
    if (i == 0 || file.has(block + "downsample.proj.weight"))
      stages.push_back({block, 0, file.shape(block + "norm1.weight", 1)[0]});
    ++stages.back().depth;
  }
  if (stages.empty())
    file.refuse("lacks this tensor, which every such model has", "blocks.0.norm1.weight");
  return stages;
}

// What both encoders share in pretraining.
void take_um_mae(StagedReader* file) {
  json& config = file->result.config;
  config["stride"] = {config["patch_size"][0].get<int64_t>() * kUnitCells,
                      config["patch_size"][1].get<int64_t>() * kUnitCells};
  config["vis_mask_ratio"] = 0.0;
  if (file->has("vis_mask_token")) {
    const json said = file->argument("vis_mask_ratio");
    config["vis_mask_ratio"] = said.is_number() ? said.get<double>() : kVisMaskRatio;
  }
  file->take_decoder("decoder_embed_dim");
  file->take_norm_pix_loss();
}

}  // namespace

bool take_um_mae_pvt(StagedReader* file) {
  if (!file->has("blocks.0.attn.sr.weight")) return false;
  json& config = file->result.config;
  file->take_patch("patch_embed.proj.weight");
  const std::vector<Stage> stages = flat_stages(*file);
  for (const Stage& stage : stages) {
    if (stage.width % kPvtHeadDim != 0)
      file->refuse("the heads of a width of " + std::to_string(stage.width) +
                       " are not known; only published PVTs, of heads of 64, can be read",
                   stage.first + "norm1.weight");
    config["embed_dims"].push_back(stage.width);
    config["depths"].push_back(stage.depth);
    config["num_heads"].push_back(stage.width / kPvtHeadDim);
    config["mlp_ratios"].push_back(file->mlp_ratio(stage.first, stage.width));
    // 4, 2, 1, 1 on the closed-up grid and 8, 4, 2, 1 on whole pictures.
    const size_t left = stages.size() - config["depths"].size();
    const int64_t whole = int64_t{1} << std::min<size_t>(left, 8);
    config["sr_ratios"].push_back(file->is_classifier() ? whole : std::max<int64_t>(whole / 2, 1));
  }
  file->result.notes.emplace_back("heads of 64 and the pooling of keys are taken from the paper");
  file->take_picture("pos_embed", 1);
  file->take_head("um_mae_pvt", "pvt_classifier");
  if (file->is_classifier()) return true;
  take_um_mae(file);
  if (file->has("decoder_blocks.0.norm1.weight"))
    config["decoder_mlp_ratio"] = file->mlp_ratio("decoder_blocks.0.", config["decoder_embed_dim"]);
  return true;
}

bool take_um_mae_swin(StagedReader* file) {
  if (!file->has("blocks.0.attn.posmlp.0.weight")) return false;
  json& config = file->result.config;
  file->take_patch("patch_embed.proj.weight");
  const std::vector<Stage> stages = flat_stages(*file);
  for (const Stage& stage : stages) {
    config["depths"].push_back(stage.depth);
    config["num_heads"].push_back(file->shape(stage.first + "attn.posmlp.2.weight", 4)[0]);
  }
  config["embed_dim"] = stages.front().width;
  config["mlp_ratio"] = file->mlp_ratio(stages.front().first, stages.front().width);
  config["posmlp_dim"] = file->shape("blocks.0.attn.posmlp.0.weight", 4)[0];
  config["window_size"] = file->is_classifier() ? 2 * kSwinWindow : kSwinWindow;
  file->result.notes.push_back("window_size is taken as " + config["window_size"].dump() +
                               ", the paper's");
  file->take_picture("decoder_pos_embed", kUnitCells);
  file->take_head("um_mae_swin", "swin_classifier");
  if (!file->is_classifier()) take_um_mae(file);
  return true;
}

}  // namespace mae
