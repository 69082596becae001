// Closing up equals what the published code does with a convolution: zero what is hidden, add the
// four units of every group.
#include "mae/ops/compact_units.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"

namespace mae {
namespace {

const Size2d kGrid{2, 4};

// Two samples on a grid of 2 x 4 units: visible are 1 and 6, then 4 and 3.
Tensor masks() {
  Tensor mask = at::tensor(std::vector<int64_t>(16, 1)).reshape({2, 8});
  for (const auto& [b, unit] : {std::pair{0, 1}, {0, 6}, {1, 4}, {1, 3}}) mask[b][unit] = 0;
  return mask;
}

TEST(CompactUnits, FindsTheVisibleUnitOfEveryGroup) {
  const Tensor expected = at::tensor(std::vector<int64_t>{1, 6, 4, 3}).reshape({2, 2});
  EXPECT_TRUE(at::equal(visible_units(masks(), kGrid), expected));
}

TEST(CompactUnits, EqualsZeroingAndAddingTheUnitsOfAGroup) {
  const int64_t p = 3, q = 2, C = 2;
  const Tensor maps = at::arange(1, 2 * C * 2 * p * 4 * q + 1).reshape({2, C, 2 * p, 4 * q});
  const Tensor visible = masks().eq(0).reshape({2, 1, 2, 1, 4, 1});
  const Tensor units = maps.reshape({2, C, 2, p, 4, q}) * visible;  // hidden ones are 0
  const Tensor added = units.reshape({2, C, 1, 2, p, 2, 2, q})
                           .sum(at::IntArrayRef{3, 6})  // [2, C, 1, p, 2, q]
                           .reshape({2, C, p, 2 * q});
  EXPECT_TRUE(at::equal(compact_units(maps, visible_units(masks(), kGrid), kGrid), added));
}

TEST(CompactUnits, CellsAreThePlacesInTheWholeGrid) {
  const Tensor cells = compact_cells(visible_units(masks(), kGrid), kGrid, {2, 2});
  const Tensor first = at::tensor(std::vector<int64_t>{2, 3, 20, 21, 10, 11, 28, 29});
  EXPECT_TRUE(at::equal(cells[0], first));
}

TEST(CompactUnits, OtherMasksAreRefused) {
  Tensor none = masks(), two = masks();
  none[1][4] = 1;
  two[0][0] = 0;
  EXPECT_THROW(visible_units(none, kGrid), UsageError);
  EXPECT_THROW(visible_units(two, kGrid), UsageError);
  EXPECT_THROW(visible_units(masks(), {1, 8}), UsageError);
}

}  // namespace
}  // namespace mae
