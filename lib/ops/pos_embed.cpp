// Computed in float64 throughout, as the published tables were.
#include "mae/ops/pos_embed.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/upsample_bicubic2d.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "mae/base/error.h"

namespace mae {
namespace {

// Writes [sin(position * w_0) .. | cos(position * w_0) ..], 2 * frequencies numbers, w_k =
// 10000^(-k / frequencies).
void write_sincos(double* row, double position, int64_t frequencies) {
  for (int64_t k = 0; k < frequencies; ++k) {
    const double omega = 1.0 / std::pow(10000.0, static_cast<double>(k) / frequencies);
    row[k] = std::sin(position * omega);
    row[frequencies + k] = std::cos(position * omega);
  }
}

}  // namespace

Tensor sincos_pos_embed(int64_t embed_dim, Size2d grid, bool cls_token) {
  if (embed_dim < 4 || embed_dim % 4 != 0) {
    throw UsageError("a sine-cosine table needs a width divisible by 4, got " +
                     std::to_string(embed_dim));
  }
  const int64_t extra = cls_token ? 1 : 0;
  Tensor table = at::zeros({extra + grid.area(), embed_dim}, at::kDouble);
  double* rows = table.data_ptr<double>();
  for (int64_t r = 0; r < grid.height; ++r) {
    for (int64_t c = 0; c < grid.width; ++c) {
      double* row = rows + (extra + r * grid.width + c) * embed_dim;
      write_sincos(row, static_cast<double>(c), embed_dim / 4);
      write_sincos(row + embed_dim / 2, static_cast<double>(r), embed_dim / 4);
    }
  }
  return table;
}

Tensor sincos_pos_embed_1d(int64_t embed_dim, int64_t positions, bool cls_token) {
  if (embed_dim < 2 || embed_dim % 2 != 0) {
    throw UsageError("a sine-cosine table needs an even width, got " + std::to_string(embed_dim));
  }
  const int64_t extra = cls_token ? 1 : 0;
  Tensor table = at::zeros({extra + positions, embed_dim}, at::kDouble);
  double* rows = table.data_ptr<double>();
  for (int64_t t = 0; t < positions; ++t) {
    double* row = rows + (extra + t) * embed_dim;
    for (int64_t j = 0; j < embed_dim; j += 2) {
      const double exponent = static_cast<double>(j) / static_cast<double>(embed_dim);
      const double angle = static_cast<double>(t) / std::pow(10000.0, exponent);
      row[j] = std::sin(angle);
      row[j + 1] = std::cos(angle);
    }
  }
  return table;
}

Tensor interpolate_pos_embed(const Tensor& pos_embed, Size2d from, Size2d to) {
  check_shape("pos_embed", pos_embed, {1, kAny, kAny});
  const int64_t extra = pos_embed.size(1) - from.area(), D = pos_embed.size(2);
  if (extra < 0) {
    throw UsageError("pos_embed has " + std::to_string(pos_embed.size(1)) +
                     " rows; expected at least " + std::to_string(from.area()));
  }
  if (from == to) return pos_embed;
  Tensor grid = pos_embed.slice(/*dim=*/1, extra);                             // [1, L, D]
  grid = grid.reshape({1, from.height, from.width, D}).permute({0, 3, 1, 2});  // [1, D, h, w]
  grid = at::upsample_bicubic2d(grid, {to.height, to.width}, /*align_corners=*/false);
  grid = grid.permute({0, 2, 3, 1}).reshape({1, to.area(), D});             // [1, L', D]
  return at::cat({pos_embed.slice(/*dim=*/1, 0, extra), grid}, /*dim=*/1);  // [1, E + L', D]
}

}  // namespace mae
