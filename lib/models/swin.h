// The stages of UM-MAE's Swin transformer, shared by its self-supervised model and its classifier
// (arXiv 2103.14030, 2205.10063; spec of variants 1.1 and 1.6).
#pragma once

#include <memory>
#include <vector>

#include "mae/models/stage_walk.h"
#include "mae/nn/swin_block.h"

namespace mae {

/// Swin-T as it is pretrained. The lists have one entry a stage, whose width doubles.
struct SwinOptions {
  Size2d img_size{256, 256}, patch_size{4, 4};  ///< pixels; patches of the first stage
  int64_t in_chans = 3;
  int64_t embed_dim = 96;  ///< of the first stage
  std::vector<int64_t> depths{2, 2, 6, 2}, num_heads{3, 6, 12, 24};
  double mlp_ratio = 4;
  int64_t window_size = 8;             ///< cells; every second block of a stage shifts by half
  int64_t posmlp_dim = 32;             ///< hidden width of the position network
  double layer_norm_eps = 1e-6;        ///< of the embedding, the downsampling and the last norm
  double block_layer_norm_eps = 1e-5;  ///< of norm1 and norm2

  int64_t stages() const { return static_cast<int64_t>(depths.size()); }
  int64_t depth() const;
  int64_t dim_of(int64_t stage) const { return embed_dim << stage; }
  Size2d cells() const {  ///< of the first stage, in a whole picture
    return {img_size.height / patch_size.height, img_size.width / patch_size.width};
  }
};

/// `cells` of the first stage that the stages run on, which for a closed-up grid are fewer than
/// o.cells(). Throws UsageError naming the first field that cannot be built.
void check_options(const SwinOptions& o, Size2d cells);
void to_json(nlohmann::json& json, const SwinOptions& options);
void from_json(const nlohmann::json& json, SwinOptions& options);

/// "0", "1", ...: the blocks of all stages in one list. The first of every later stage downsamples.
class SwinBlocks : public Module {
 public:
  explicit SwinBlocks(const SwinOptions& options);
  /// x         [B, H, W, D0], embedded -> [B, H / 2^(stages - 1), ..., D of the last stage]
  /// places    of these cells in the picture
  /// max_step  largest common measure of their coordinates (downsample_places)
  Tensor forward(Tensor x, CellPlaces places, int64_t max_step, int64_t window_size,
                 StageWalk& walk) const;

 private:
  std::vector<int64_t> depths_;
  std::vector<std::shared_ptr<SwinBlock>> blocks_;
};

}  // namespace mae
