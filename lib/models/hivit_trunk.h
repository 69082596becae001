// HiViT's encoder (arXiv 2205.14949): two stems that work inside each 16 x 16 unit, then plain
// attention among units. Since nothing crosses units before the main stage, hidden ones are left
// out from the pixels on.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/hivit_options.h"
#include "mae/models/stage_walk.h"
#include "mae/nn/biased_attention.h"
#include "mae/nn/patch_conv.h"

namespace mae {

struct HivitFeatures {
  Tensor fine;    ///< [R, L_vis, 4, 4, D/4], before the first merge
  Tensor middle;  ///< [R, L_vis, 2, 2, D/2], before the second merge
  Tensor tokens;  ///< [R, L_vis, D], of the last block; no norm
};

class HivitTrunk {
 public:
  /// Registers absolute_pos_embed, patch_embed, blocks and, with rpe, relative_position_index in
  /// `owner`.
  HivitTrunk(Module& owner, const HivitOptions& options);

  /// images    [B, C, H, W]
  /// ids_keep  [B, L_vis], or undefined: all units in raster order
  /// walk      main blocks alone are left with it, counted from 0, and the maps it wants
  HivitFeatures run(const Tensor& images, const Tensor& ids_keep, StageWalk& walk) const;

  /// Position among blocks of what is registered as "blocks.N"; a merge counts as the block before
  /// it, whose layer it shares.
  int64_t block_of(int64_t registered) const;

 private:
  /// x += mlp(norm2 x): a block without attention.
  class MlpBlock : public Module {
   public:
    MlpBlock(int64_t dim, double mlp_ratio, double layer_norm_eps);
    Tensor forward(const Tensor& x, const Tensor& branch_scale) const;

   private:
    std::shared_ptr<LayerNorm> norm2_;
    std::shared_ptr<Mlp> mlp_;
  };
  using Stem = std::vector<std::shared_ptr<MlpBlock>>;

  Tensor embed(const Tensor& images, const Tensor& ids_keep) const;
  Tensor run_stem(const Stem& stem, Tensor x, int64_t first, const StageWalk& walk) const;
  void leave_maps(const HivitFeatures& features, StageWalk& walk) const;
  Tensor index_of(const Tensor& ids_keep) const;

  HivitOptions options_;
  Tensor pos_embed_, index_;
  std::shared_ptr<ConvEmbed> patch_embed_;
  Stem stem1_, stem2_;
  std::shared_ptr<PatchMerge> merge1_, merge2_;
  std::vector<std::shared_ptr<BiasedBlock>> main_;
};

}  // namespace mae
