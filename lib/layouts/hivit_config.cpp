// HiViT's list of blocks holds MLP blocks, merges and attention blocks under running numbers; what
// tensors a number has says which it is.
#include "mae/layouts/paper_configs.h"

namespace mae {
namespace {

using nlohmann::json;

constexpr int64_t kInnerPatches = 4;   // cells of a unit's side
constexpr int64_t kHeadDim = 64;       // of every published size
constexpr int64_t kBlocksOfDepth = 2;  // MLP blocks a unit of depth in a stem

std::string block_name(int64_t i) { return "blocks." + std::to_string(i) + "."; }

// Blocks from *next on that have `leaf`; *next is then the one behind them.
int64_t count_from(const StagedReader& file, int64_t* next, const std::string& leaf) {
  const int64_t first = *next;
  while (file.has(block_name(*next) + leaf)) ++*next;
  return *next - first;
}

// Blocks of the two stems and of the main stage, with the number of the first main block.
int64_t take_depths(StagedReader* file) {
  json& depths = file->result.config["depths"];
  int64_t next = 0;
  for (int stem = 0; stem < 2; ++stem) {
    const int64_t blocks = count_from(*file, &next, "mlp.fc1.weight");
    if (blocks == 0 || blocks % kBlocksOfDepth != 0 ||
        !file->has(block_name(next) + "reduction.weight"))
      file->refuse("a stem of " + std::to_string(blocks) +
                       " blocks; expected an even number and a merge behind them",
                   block_name(next));
    depths.push_back(blocks / kBlocksOfDepth);
    ++next;  // the merge
  }
  const int64_t main = next;
  depths.push_back(count_from(*file, &next, "attn.qkv.weight"));
  return main;
}

}  // namespace

bool take_hivit(StagedReader* file) {
  if (!file->has("absolute_pos_embed") || !file->has("blocks.0.norm2.weight") ||
      file->has("blocks.0.norm1.weight"))
    return false;
  json& config = file->result.config;
  file->take_patch("patch_embed.proj.weight", kInnerPatches);
  config["inner_patches"] = kInnerPatches;
  const int64_t width = file->shape("absolute_pos_embed", 3)[2];
  config["embed_dim"] = width;
  const std::string main = block_name(take_depths(file));
  const std::string table = main + "attn.relative_position_bias_table";
  config["rpe"] = file->has(table);
  config["num_heads"] =
      file->has(table) ? file->shape(table, 2)[1] : file->num_heads(width, kHeadDim);
  config["stem_mlp_ratio"] =
      file->mlp_ratio("blocks.0.", file->shape("blocks.0.norm2.weight", 1)[0]);
  config["mlp_ratio"] = file->mlp_ratio(main, width);
  file->take_picture("absolute_pos_embed", 1);
  file->take_head("hivit_mae", "hivit_classifier");
  if (file->is_classifier()) return true;
  // The latent is wider than the main stage when the stems' features are beside it.
  config["hifeat"] = file->shape("norm.weight", 1)[0] != width;
  file->take_decoder("decoder_embed_dim");
  // The published program takes the option and ignores it.
  config["norm_pix_loss"] = file->said_norm_pix_loss().value_or(true);
  return true;
}

}  // namespace mae
