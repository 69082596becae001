// Position tables against the published ones, and their interpolation.
#include "mae/ops/pos_embed.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "support/reference_file.h"
#include "support/tensor_compare.h"

namespace mae {
namespace {

using test::ReferenceFile;

const char* const kFile = MAE_TESTS_DIR "/golden/reference/pos_embed.h5";

TEST(PosEmbed, TableEqualsThePublishedOne) {
  const ReferenceFile file(kFile);
  test::expect_numbers("16 wide, 4x4", sincos_pos_embed(16, {4, 4}, true),
                       file.numbers("sincos_16dim_4x4_cls"), test::kFloat64);
  const Tensor wide = sincos_pos_embed(768, {14, 14}, true);
  test::expect_numbers("768 wide, 14x14", wide.to(at::kFloat),
                       file.numbers("sincos_768dim_14x14_cls"), {0, 0});
  test::expect_number("sum", wide.sum().item<double>(), 69594.49385917, {1e-12, 0});
  test::expect_number("sum of squares", wide.square().sum().item<double>(), 75264, {1e-12, 0});
}

TEST(PosEmbed, FirstHalfEncodesTheColumn) {
  const Tensor table = sincos_pos_embed(8, {2, 3}, false);
  EXPECT_NEAR(table[1][0].item<double>(), 0.841470985,
              1e-9);                           // row 0, column 1: sine of the column
  EXPECT_EQ(table[1][4].item<double>(), 0.0);  // sine of the row
  EXPECT_NEAR(table[3][4].item<double>(), 0.841470985, 1e-9);  // row 1, column 0
  EXPECT_EQ(table.size(0), 6);
}

TEST(PosEmbed, OneDimensionalTableEqualsTheFormula) {
  const Tensor table = sincos_pos_embed_1d(768, 1568, false);
  const auto at = [&](int64_t row, int64_t column) { return table[row][column].item<double>(); };
  for (int64_t j = 0; j < 2; ++j) EXPECT_EQ(at(0, j), static_cast<double>(j));
  EXPECT_NEAR(at(1, 0), 0.84147096, 1e-7);
  EXPECT_NEAR(at(1, 1), 0.54030228, 1e-7);
  EXPECT_NEAR(at(1, 2), 0.82843077, 1e-7);
  EXPECT_NEAR(at(1, 3), 0.5600915, 1e-7);
  EXPECT_NEAR(at(1567, 0), 0.60894841, 1e-7);
  EXPECT_NEAR(at(1567, 3), -0.99564445, 1e-7);
  EXPECT_NEAR(at(100, 766), 0.010242573, 1e-8);
  EXPECT_NEAR(at(100, 767), 0.99994755, 1e-7);
  EXPECT_NEAR(table.sum().item<double>(), 245744.9896, 1e-3);
  // Not the raster index of a grid's columns and rows: no two halves.
  const Tensor with_cls = sincos_pos_embed_1d(8, 4, true);
  EXPECT_EQ(with_cls.size(0), 5);
  EXPECT_EQ(with_cls[0].abs().max().item<double>(), 0.0);
  EXPECT_TRUE(at::equal(with_cls.slice(0, 1), sincos_pos_embed_1d(8, 4, false)));
}

TEST(PosEmbed, InterpolationEqualsThePublishedOne) {
  const ReferenceFile file(kFile);
  std::vector<double> numbers = file.numbers("interpolate/before");
  const Tensor before =
      at::from_blob(numbers.data(), file.shape("interpolate/before"), at::kDouble).to(at::kFloat);
  for (const Size2d to : {Size2d{3, 3}, Size2d{6, 6}, Size2d{8, 8}, Size2d{4, 7}}) {
    test::expect_numbers(size_text(to), interpolate_pos_embed(before, {4, 4}, to),
                         file.numbers("interpolate/after_" + size_text(to)), {1e-6, 1e-6});
  }
  EXPECT_TRUE(at::equal(interpolate_pos_embed(before, {4, 4}, {4, 4}), before));
}

TEST(PosEmbed, WidthsThatCannotBeSplitAreRefused) {
  EXPECT_THROW(sincos_pos_embed(6, {2, 2}, true), UsageError);
  EXPECT_THROW(sincos_pos_embed(0, {2, 2}, true), UsageError);
  EXPECT_THROW(sincos_pos_embed_1d(7, 4, true), UsageError);
  EXPECT_THROW(sincos_pos_embed_1d(0, 4, true), UsageError);
}

}  // namespace
}  // namespace mae
