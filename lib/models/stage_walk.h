// What happens around the blocks of a hierarchical encoder whatever the blocks are: stochastic
// depth, frozen blocks, and what is kept for the caller.
#pragma once

#include <ATen/core/grad_mode.h>

#include "mae/models/masked_model.h"

namespace mae {

/// One pass through all stages. Blocks are counted from 0 over all of them.
struct StageWalk {
  int64_t depth = 0;              ///< blocks of all stages
  Tensor drop_path_uniform = {};  ///< [depth, 2, B], or undefined: nothing is dropped
  double drop_path_rate = 0;      ///< of the last block; grows linearly from 0
  int64_t frozen_blocks = 0;      ///< these, and the embedding, run without autograd
  EncodeRequest request = {};
  EncoderOutput kept = {};  ///< blocks and maps that `request` asks for

  bool is_frozen(int64_t block) const { return block < frozen_blocks; }
  /// While it lives, block `block` leaves no graph when it is frozen.
  at::AutoGradMode autograd(int64_t block) const {
    return at::AutoGradMode(at::GradMode::is_enabled() && !is_frozen(block));
  }
  Tensor branch_scale(int64_t block) const;
  /// After every block, x [B, H, W, C].
  void leave_block(int64_t block, const Tensor& x);
  /// After the last block of a stage.
  void leave_stage(const Tensor& x);
};

}  // namespace mae
