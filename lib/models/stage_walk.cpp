// Bookkeeping of StageWalk.
#include "mae/models/stage_walk.h"

#include "mae/nn/branch_scale.h"

namespace mae {

Tensor StageWalk::branch_scale(int64_t block) const {
  if (is_frozen(block)) return {};  // only learning blocks are dropped
  return block_branch_scale(drop_path_uniform, drop_path_rate, block, depth);
}

void StageWalk::leave_block(int64_t block, const Tensor& x) {
  kept.blocks.resize(request.blocks.size());
  for (size_t wanted = 0; wanted < request.blocks.size(); ++wanted) {
    if (request.blocks[wanted] == block + 1) kept.blocks[wanted] = x.flatten(1, 2);  // [B, L, C]
  }
}

void StageWalk::leave_stage(const Tensor& x) {
  if (request.maps) kept.maps.push_back(x.permute({0, 3, 1, 2}));  // [B, C, H, W]
}

}  // namespace mae
