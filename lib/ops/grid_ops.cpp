// Views and permutations; only the index is computed.
#include "mae/ops/grid_ops.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include "mae/base/error.h"

namespace mae {
namespace {

void check_divides(const char* what, Size2d size, Size2d by) {
  if (by.height > 0 && by.width > 0 && size.height % by.height == 0 && size.width % by.width == 0)
    return;
  throw UsageError(std::string(what) + " of " + size_text(size) + " does not divide into " +
                   size_text(by));
}

}  // namespace

Tensor window_partition(const Tensor& grid, Size2d window) {
  check_shape("grid", grid, {kAny, kAny, kAny, kAny});
  check_divides("a grid", {grid.size(1), grid.size(2)}, window);
  const int64_t B = grid.size(0), C = grid.size(3);
  const int64_t h = window.height, w = window.width;
  const int64_t rows = grid.size(1) / h, columns = grid.size(2) / w;
  const Tensor x = grid.reshape({B, rows, h, columns, w, C})  // [B, rows, h, columns, w, C]
                       .permute({0, 1, 3, 2, 4, 5});          // [B, rows, columns, h, w, C]
  return x.reshape({B * rows * columns, h * w, C});
}

Tensor window_reverse(const Tensor& windows, Size2d window, Size2d size) {
  check_divides("a grid", size, window);
  const int64_t h = window.height, w = window.width;
  const int64_t rows = size.height / h, columns = size.width / w;
  const int64_t B = windows.size(0) / (rows * columns), C = windows.size(2);
  const Tensor x = windows
                       .reshape({B, rows, columns, h, w, C})  // [B, rows, columns, h, w, C]
                       .permute({0, 1, 3, 2, 4, 5});          // [B, rows, h, columns, w, C]
  return x.reshape({B, size.height, size.width, C});
}

Tensor merge_quads(const Tensor& grid) {
  const Size2d size{grid.size(-3), grid.size(-2)};
  check_divides("a grid", size, {2, 2});
  const auto cell = [&](int64_t row, int64_t column) {
    return grid.slice(/*dim=*/-3, row, size.height, 2).slice(/*dim=*/-2, column, size.width, 2);
  };
  return at::cat({cell(0, 0), cell(1, 0), cell(0, 1), cell(1, 1)}, /*dim=*/-1);
}

Tensor relative_position_index(Size2d grid) {
  const int64_t L = grid.area(), h = grid.height, w = grid.width;
  Tensor index = at::empty({L, L}, at::kLong);
  int64_t* out = index.data_ptr<int64_t>();
  for (int64_t i = 0; i < L; ++i) {
    for (int64_t j = 0; j < L; ++j)
      *out++ = (i / w - j / w + h - 1) * (2 * w - 1) + (i % w - j % w + w - 1);
  }
  return index;
}

Tensor enlarge_mask(const Tensor& mask, Size2d grid, Size2d cells) {
  check_shape("mask", mask, {kAny, grid.area()});
  const int64_t B = mask.size(0), h = grid.height, w = grid.width;
  return mask.reshape({B, h, 1, w, 1})
      .expand({B, h, cells.height, w, cells.width})
      .reshape({B, h * cells.height, w * cells.width});
}

Tensor image_units(const Tensor& images, Size2d unit) {
  check_shape("images", images, {kAny, kAny, kAny, kAny});
  check_divides("an image", {images.size(2), images.size(3)}, unit);
  const int64_t B = images.size(0), C = images.size(1), p = unit.height, q = unit.width;
  const int64_t h = images.size(2) / p, w = images.size(3) / q;
  return images
      .reshape({B, C, h, p, w, q})    // [B, C, h, p, w, q]
      .permute({0, 2, 4, 3, 5, 1})    // [B, h, w, p, q, C]
      .reshape({B, h * w, p, q, C});  // [B, L, p, q, C]
}

}  // namespace mae
