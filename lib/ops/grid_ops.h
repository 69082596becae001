// Rearrangements of a grid of cells that hierarchical models share: windows, quads, units, and the
// index of relative positions. Grids are channel-last, [B, H, W, C].
#pragma once

#include "mae/base/size2d.h"
#include "mae/ops/tensor.h"

namespace mae {

/// grid      [B, H, W, C], H and W divisible by the window, else UsageError
/// returns   [B * windows, h * w, C]: windows in raster order inside a sample, cells in raster
/// order inside a window
Tensor window_partition(const Tensor& grid, Size2d window);

/// The exact inverse: [B * windows, h * w, C] -> [B, H, W, C] for a grid of `size` cells.
Tensor window_reverse(const Tensor& windows, Size2d window, Size2d size);

/// Joins every 2 x 2 quad of cells: [..., H, W, C] -> [..., H/2, W/2, 4C], channels of (even row,
/// even column), (odd, even), (even, odd), (odd, odd), the published order of Swin's merging.
Tensor merge_quads(const Tensor& grid);

/// Row of a relative-position table for query i and key j of a grid in raster order: [L, L] int64,
/// (r_i - r_j + h - 1) * (2w - 1) + (c_i - c_j + w - 1). The table has (2h - 1) * (2w - 1) rows.
Tensor relative_position_index(Size2d grid);

/// Repeats each unit of mask [B, L] over its cells: [B, h * cells.height, w * cells.width].
Tensor enlarge_mask(const Tensor& mask, Size2d grid, Size2d cells);

/// Images [B, C, H, W] cut into units: [B, L, p, q, C], raster order, each a small channel-last
/// image.
Tensor image_units(const Tensor& images, Size2d unit);

}  // namespace mae
