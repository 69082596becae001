// Tubelets, the patches of videos (VideoMAE, section 3.3): boxes of a few frames.
#pragma once

#include "mae/base/size2d.h"
#include "mae/ops/tensor.h"

namespace mae {

/// videos [B, C, T, H, W] -> [B, L, t * p * q * C]: tokens by time slot, then in raster order;
/// inside a token (frame, row, column, channel), channel fastest (spec 7.4). throws UsageError  T,
/// H or W is not divisible
Tensor tubelets(const Tensor& videos, int64_t tubelet_size, Size2d patch_size);

/// The way back. slots = T / tubelet_size, grid = patches of a frame.
Tensor videos_of_tubelets(const Tensor& tokens, int64_t slots, Size2d grid, int64_t tubelet_size,
                          Size2d patch_size);

}  // namespace mae
