// Differs from the published code, which embeds all units, zeroes the hidden ones and adds the four
// of a group with a dilated convolution: taking the visible one gives the same numbers for a
// quarter of the work.
#include "mae/ops/compact_units.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/argmax.h>

#include "mae/base/error.h"

namespace mae {

Tensor visible_units(const Tensor& mask, Size2d grid) {
  check_shape("mask", mask, {kAny, grid.area()});
  if (grid.height % 2 != 0 || grid.width % 2 != 0)
    throw UsageError("a grid of " + size_text(grid) + " has no groups of 2 x 2");
  const int64_t B = mask.size(0), rows = grid.height / 2, columns = grid.width / 2;
  const Tensor visible = mask.eq(0)
                             .reshape({B, rows, 2, columns, 2})
                             .permute({0, 1, 3, 2, 4})
                             .reshape({B, rows * columns, 4})
                             .to(at::kInt);  // [B, L / 4, 4]
  // Waits for the device once a step: a wrong mask would otherwise give wrong numbers silently.
  if (!visible.sum(/*dim=*/-1).eq(1).all().item<bool>()) {
    throw UsageError("this model needs masks with exactly one visible patch in every 2 x 2", "",
                     "draw them with --strategy uniform");
  }
  const Tensor position = at::argmax(visible, /*dim=*/-1);              // [B, L / 4]
  const Tensor group = at::arange(rows * columns, position.options());  // [L / 4]
  const Tensor corner =
      group.div(columns, "floor") * (2 * grid.width) + group.remainder(columns) * 2;  // [L / 4]
  return corner + position.div(2, "floor") * grid.width + position.remainder(2);
}

Tensor compact_cells(const Tensor& units, Size2d grid, Size2d unit) {
  const int64_t B = units.size(0), rows = grid.height / 2, columns = grid.width / 2;
  check_shape("units", units, {kAny, rows * columns});
  const int64_t row_length = grid.width * unit.width;
  const Tensor top = units.div(grid.width, "floor") * (unit.height * row_length);
  const Tensor corner = (top + units.remainder(grid.width) * unit.width)
                            .reshape({B, rows, 1, columns, 1});  // first cell of each unit
  const Tensor down = at::arange(unit.height, units.options()).reshape({1, 1, -1, 1, 1});
  const Tensor right = at::arange(unit.width, units.options());
  return (corner + down * row_length + right).reshape({B, -1});  // [B, rows, uh, columns, uw]
}

Tensor compact_units(const Tensor& maps, const Tensor& units, Size2d grid) {
  check_shape("maps", maps, {units.size(0), kAny, kAny, kAny});
  const int64_t B = maps.size(0), C = maps.size(1), H = maps.size(2), W = maps.size(3);
  const Tensor cells = compact_cells(units, grid, {H / grid.height, W / grid.width});
  const Tensor index = cells.unsqueeze(1).expand({B, C, -1});  // [B, C, H * W / 4]
  return maps.flatten(/*start_dim=*/2).gather(/*dim=*/2, index).reshape({B, C, H / 2, W / 2});
}

}  // namespace mae
