// Pictures of which one unit in every 2 x 2 is visible, closed up to a dense grid of half the sides
// (UM-MAE, arXiv 2205.10063, section 3): what is hidden is never computed.
#pragma once

#include "mae/base/size2d.h"
#include "mae/ops/tensor.h"

namespace mae {

/// The visible unit of every 2 x 2 group.
///
/// mask      [B, L] on an even `grid` of units, 1 = hidden
/// returns   [B, L / 4] int64 places in the grid, groups in raster order
/// throws    UsageError unless exactly one unit of every group is visible
Tensor visible_units(const Tensor& mask, Size2d grid);

/// Where the cells of the closed-up grid come from: unit (i, j) of `units`, as visible_units gives
/// them, fills rows i * unit.height ... and columns j * unit.width ...
///
/// unit      cells of one unit, high and wide
/// returns   [B, L / 4 * unit.area()] int64 places in the whole grid of cells, raster order of the
///           closed-up one
Tensor compact_cells(const Tensor& units, Size2d grid, Size2d unit);

/// maps [B, C, H, W] -> [B, C, H / 2, W / 2], the visible units alone.
Tensor compact_units(const Tensor& maps, const Tensor& units, Size2d grid);

}  // namespace mae
