// The stages of UM-MAE's Pyramid Vision Transformer, shared by its self-supervised model and its
// classifier (arXiv 2102.12122, 2205.10063; spec of variants 1.1 and 1.5).
#pragma once

#include <memory>
#include <vector>

#include "mae/models/stage_walk.h"
#include "mae/nn/pvt_block.h"

namespace mae {

/// PVT-S as it is pretrained. The lists have one entry a stage.
struct PvtOptions {
  Size2d img_size{256, 256}, patch_size{4, 4};  ///< pixels; patches of the first stage
  int64_t in_chans = 3;
  std::vector<int64_t> embed_dims{64, 128, 320, 512}, depths{3, 4, 6, 3}, num_heads{1, 2, 5, 8};
  std::vector<double> mlp_ratios{8, 8, 4, 4};
  std::vector<int64_t> sr_ratios{4, 2, 1, 1};  ///< sides of the cells pooled for keys and values
  double layer_norm_eps = 1e-6;                ///< of the last norm
  double block_layer_norm_eps = 1e-5;          ///< of every norm inside a block

  int64_t stages() const { return static_cast<int64_t>(embed_dims.size()); }
  int64_t depth() const;
  Size2d cells() const {  ///< of the first stage, in a whole picture
    return {img_size.height / patch_size.height, img_size.width / patch_size.width};
  }
};

/// `cells` of the first stage that the stages run on, which for a closed-up grid are fewer than
/// o.cells(). Throws UsageError naming the first field that cannot be built.
void check_options(const PvtOptions& o, Size2d cells);
void to_json(nlohmann::json& json, const PvtOptions& options);
void from_json(const nlohmann::json& json, PvtOptions& options);

/// Pooling for pictures seen whole, when `sr_ratios` are those of the closed-up grid of half the
/// sides: doubled, except in the last stage (4, 2, 1, 1 become 8, 4, 2, 1).
std::vector<int64_t> whole_picture_sr_ratios(std::vector<int64_t> sr_ratios);

/// "0", "1", ...: the blocks of all stages in one list. The first of every later stage downsamples.
class PvtBlocks : public Module {
 public:
  explicit PvtBlocks(const PvtOptions& options);
  /// x [B, H, W, D0], embedded with positions -> [B, H / 2^(stages - 1), ..., D of the last stage].
  Tensor forward(Tensor x, const std::vector<int64_t>& sr_ratios, StageWalk& walk) const;

 private:
  std::vector<int64_t> depths_;
  std::vector<std::shared_ptr<PvtBlock>> blocks_;
};

}  // namespace mae
