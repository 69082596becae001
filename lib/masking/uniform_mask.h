// Uniform sampling and secondary masking of UM-MAE (arXiv 2205.10063, section 3), which keep what
// is visible a dense grid that models with local attention can walk over.
#pragma once

#include <cstdint>
#include <vector>

#include "mae/base/random_stream.h"
#include "mae/base/size2d.h"
#include "mae/ops/tensor.h"

namespace mae {

/// Exactly one patch of every 2 x 2 stays visible.
///
/// The choices are dealt, not drawn one by one: a deck holds the four positions equally often, at
/// least twice as many cards as there are groups, so that no position is favoured in a picture.
/// grid      even sides, else UsageError
/// returns   [L], 1 = hidden
std::vector<uint8_t> uniform_mask(Size2d grid, RandomStream& random);

/// The mask behind given choices.
/// positions  [h/2 * w/2], the visible patch (row * 2 + column, 0 to 3) of every group, raster
/// order
std::vector<uint8_t> mask_from_positions(const std::vector<int64_t>& positions, Size2d grid);

/// Which visible patches enter the encoder as a learned token instead of their pixels.
///
/// mask      [B, L], non-zero = hidden; as many visible in every sample
/// noise     [B, L]; of the visible ones the int(visible * (1 - vis_mask_ratio)) smallest keep
/// their
///           pixels
/// returns   [B, L] float32, 1 = visible, but shown as a token
/// throws    UsageError when the ratio is outside [0, 1)
Tensor secondary_mask(const Tensor& mask, const Tensor& noise, double vis_mask_ratio);

}  // namespace mae
