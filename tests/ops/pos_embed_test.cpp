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
}

}  // namespace
}  // namespace mae
