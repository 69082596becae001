// Rearrangements checked cell by cell, and against their inverses.
#include "mae/ops/grid_ops.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/ops/patchify.h"

namespace mae {
namespace {

Tensor counted(at::IntArrayRef shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return at::arange(count, at::kDouble).reshape(shape);
}

TEST(Windows, StandInRasterOrderAndGoBack) {
  const Tensor grid = counted({2, 4, 6, 3});
  const Tensor windows = window_partition(grid, {2, 3});
  ASSERT_EQ(windows.sizes().vec(), (std::vector<int64_t>{8, 6, 3}));
  EXPECT_TRUE(at::equal(windows[0][4], grid[0][1][1]));  // second row of the first window
  EXPECT_TRUE(at::equal(windows[1][0], grid[0][0][3]));
  EXPECT_TRUE(at::equal(windows[6][2], grid[1][2][2]));
  EXPECT_TRUE(at::equal(window_reverse(windows, {2, 3}, {4, 6}), grid));
  EXPECT_THROW(window_partition(grid, {3, 3}), UsageError);
  EXPECT_THROW(window_reverse(windows, {2, 4}, {4, 6}), UsageError);
}

TEST(MergeQuads, JoinsColumnsBeforeRows) {
  const Tensor grid = at::tensor({0., 1., 2., 3., 4., 5., 6., 7.}).reshape({1, 2, 4, 1});
  EXPECT_TRUE(at::equal(merge_quads(grid)[0][0][0], at::tensor({0., 4., 1., 5.})));
  EXPECT_TRUE(at::equal(merge_quads(grid)[0][0][1], at::tensor({2., 6., 3., 7.})));
  EXPECT_EQ(merge_quads(counted({2, 3, 4, 4, 5})).sizes().vec(),
            (std::vector<int64_t>{2, 3, 2, 2, 20}));
  EXPECT_THROW(merge_quads(counted({1, 3, 2, 1})), UsageError);
}

TEST(RelativePositionIndex, IsTheRowOfTheTable) {
  const Size2d grid{2, 3};
  const Tensor index = relative_position_index(grid);
  ASSERT_EQ(index.sizes().vec(), (std::vector<int64_t>{6, 6}));
  EXPECT_EQ(index.min().item<int64_t>(), 0);
  EXPECT_EQ(index.max().item<int64_t>(), 14);  // (2 * 2 - 1) * (2 * 3 - 1) - 1
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t j = 0; j < 6; ++j) {
      const int64_t row = i / 3 - j / 3, column = i % 3 - j % 3;
      EXPECT_EQ(index[i][j].item<int64_t>(), (row + 1) * 5 + column + 2);
    }
  }
}

TEST(EnlargeMask, RepeatsUnitsOverTheirCells) {
  const Tensor mask = at::tensor({1, 0, 0, 1, 1, 0}).reshape({1, 6});
  const Tensor cells = enlarge_mask(mask, {2, 3}, {2, 1});
  ASSERT_EQ(cells.sizes().vec(), (std::vector<int64_t>{1, 4, 3}));
  for (int64_t r = 0; r < 4; ++r) {
    for (int64_t c = 0; c < 3; ++c)
      EXPECT_EQ(cells[0][r][c].item<int>(), mask[0][r / 2 * 3 + c].item<int>());
  }
}

TEST(ImageUnits, AreThePatchesChannelLast) {
  const Tensor images = counted({2, 3, 4, 6});
  const Tensor units = image_units(images, {2, 3});
  ASSERT_EQ(units.sizes().vec(), (std::vector<int64_t>{2, 4, 2, 3, 3}));
  EXPECT_TRUE(at::equal(units.flatten(2), patchify(images, {2, 3})));
  EXPECT_THROW(image_units(images, {3, 3}), UsageError);
}

}  // namespace
}  // namespace mae
