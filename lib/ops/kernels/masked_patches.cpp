// The CPU's half: the lanes of a block of threads take turns.
#include "mae/ops/kernels/masked_patches.h"

#include <algorithm>
#include <array>

#include "mae/ops/kernels/patch_arithmetic.h"

namespace mae::kernels {
namespace {

constexpr int kWarp = 32;

/// Of the warps that have lanes below `lanes`; halves are added, then halves of these, as the
/// threads of a block do.
float block_sum(std::array<float, kPatchLanes> sums, int lanes) {
  float total = 0;
  for (int warp = 0; warp < lanes; warp += kWarp) {
    for (int offset = kWarp / 2; offset > 0; offset /= 2)
      for (int i = 0; i < offset; ++i) sums[warp + i] += sums[warp + i + offset];
    total += sums[warp];
  }
  return total;
}

void normalize(float* values, int64_t count) {
  std::array<float, kPatchLanes> sums{};
  const int lanes = static_cast<int>(std::min<int64_t>(count, kPatchLanes));  // the rest adds zeros
  for (int lane = 0; lane < lanes; ++lane) sums[lane] = lane_sum(values, count, lane);
  const float mean = block_sum(sums, lanes) / static_cast<float>(count);
  for (int lane = 0; lane < lanes; ++lane) sums[lane] = lane_squares(values, count, mean, lane);
  const float deviation = patch_deviation(block_sum(sums, lanes), count);
  for (int64_t i = 0; i < count; ++i) values[i] = (values[i] - mean) / deviation;
}

template <typename Sample>
void fill(const MaskedPatchArguments& a, const MaskedPatchShape& shape, int64_t first,
          int64_t last) {
  const PixelSource<Sample> source{static_cast<const Sample*>(a.samples), a.table, shape};
  const int64_t wanted = shape.visible + shape.hidden, count = shape.values();
  for (int64_t n = first; n < last; ++n) {
    const int64_t picture = n / wanted, place = n % wanted;
    if (place < shape.visible) {
      const int64_t k = picture * shape.visible + place;
      float* out = a.visible + k * count;
      for (int64_t i = 0; i < count; ++i) out[i] = source.visible_value(picture, a.ids_keep[k], i);
    } else {
      const int64_t k = picture * shape.hidden + place - shape.visible;
      float* out = a.target + k * count;
      for (int64_t i = 0; i < count; ++i) out[i] = source.target_value(picture, a.ids_hidden[k], i);
      if (a.norm_pix_loss) normalize(out, count);
    }
  }
}

}  // namespace

void masked_patches(const MaskedPatchArguments& arguments, const MaskedPatchShape& shape,
                    int64_t first, int64_t last) {
  arguments.bytes == 1 ? fill<uint8_t>(arguments, shape, first, last)
                       : fill<uint16_t>(arguments, shape, first, last);
}

}  // namespace mae::kernels
