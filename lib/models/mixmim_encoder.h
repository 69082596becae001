// The encoder of MixMAE / MixMIM (Liu et al., arXiv 2205.13137; spec of variants 3.1 and 3.3),
// shared by the self-supervised model and the classifier: four stages of plain windows, in which
// two mixed pictures do not see each other.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/model_kind.h"
#include "mae/models/stage_walk.h"
#include "mae/nn/mix_block.h"
#include "mae/nn/patch_conv.h"

namespace mae {

/// MixMIM-B. The lists have one entry a stage, whose width doubles.
struct MixmimEncoderOptions {
  Size2d img_size{224, 224}, patch_size{4, 4};  ///< pixels; patches of the first stage
  int64_t in_chans = 3;
  int64_t embed_dim = 128;  ///< of the first stage
  std::vector<int64_t> depths{2, 2, 18, 2}, num_heads{4, 8, 16, 32};
  std::vector<int64_t> window_size{14, 14, 14, 7};  ///< cells; a smaller grid is one window
  double mlp_ratio = 4;
  double layer_norm_eps = 1e-5;  ///< everywhere

  int64_t stages() const { return static_cast<int64_t>(depths.size()); }
  int64_t depth() const;
  int64_t dim_of(int64_t stage) const { return embed_dim << stage; }
  int64_t last_dim() const { return dim_of(stages() - 1); }
  /// Cells of a stage's grid.
  Size2d cells(int64_t stage) const {
    return {img_size.height / patch_size.height >> stage,
            img_size.width / patch_size.width >> stage};
  }
  /// A stage's window, no larger than its grid.
  Size2d window(int64_t stage) const;
};
void check_options(const MixmimEncoderOptions& options);
void to_json(nlohmann::json& json, const MixmimEncoderOptions& options);
void from_json(const nlohmann::json& json, MixmimEncoderOptions& options);

/// "patch_embed", "absolute_pos_embed" (frozen) and "layers" of their owner; no norm behind them.
class MixmimEncoder {
 public:
  MixmimEncoder(Module& owner, const MixmimEncoderOptions& options);
  /// images [B, C, H, W] -> [B, H / p, W / p, D0], without positions.
  Tensor embed(const Tensor& images) const;
  /// x     as embed() gives it, mixed or not
  /// mask  [B or 1, L] on the grid of the last stage, 1 = from the partner picture; undefined:
  ///       nothing is mixed
  /// returns the last stage's cells [B, h, w, D]
  Tensor run_stages(Tensor x, const Tensor& mask, StageWalk& walk) const;

 private:
  struct Layer;
  MixmimEncoderOptions options_;
  Tensor pos_embed_;  ///< [1, cells, D0]
  std::shared_ptr<ConvEmbed> patch_embed_;
  std::vector<std::shared_ptr<Layer>> layers_;
};

/// As published: linear layers Xavier uniform, the patch embedding as PyTorch leaves a convolution,
/// tokens and tables of relative positions N(0, 0.02), the classifier's head N(0, 2e-5).
void initialize_mixmim(Module& module, uint64_t seed);

/// Pictures of another size: windows that no longer divide a stage's grid grow to the next divisor
/// (14 becomes 16 and 24 at 384 pixels, as published), and their tables are interpolated with the
/// tables of positions.
ResizeRule mixmim_resize_rule();

}  // namespace mae
