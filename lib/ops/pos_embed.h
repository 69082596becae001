// The fixed 2-D sine-cosine position table and its interpolation to another grid (spec 1.3
// and 3.2).
#pragma once

#include "mae/base/size2d.h"
#include "mae/ops/tensor.h"

namespace mae {

/// Table of grid.area() rows, one more of zeros in front with cls_token; computed and returned in
/// float64. The first half of a row encodes the column, the second half the row: published order,
/// whatever its variables say. embed_dim   divisible by 4, else UsageError
Tensor sincos_pos_embed(int64_t embed_dim, Size2d grid, bool cls_token);

/// The table of the re-implementations that VideoMAE comes from (spec 2.1): over the raster index t
/// alone, sine and cosine by turns, angle(t, j) = t / 10000^(2 floor(j / 2) / D). Rows and type as
/// above. throws UsageError  embed_dim is odd or not positive
Tensor sincos_pos_embed_1d(int64_t embed_dim, int64_t positions, bool cls_token);

/// pos_embed [1, E + L, D] -> [1, E + L', D]: E extra rows kept, the rest resized bicubically (a =
/// -0.75, no antialias, align_corners false), as published; computed in the table's own type.
/// Unequal sides are fine. Equal grids: returned as is.
Tensor interpolate_pos_embed(const Tensor& pos_embed, Size2d from, Size2d to);

}  // namespace mae
