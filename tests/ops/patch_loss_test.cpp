// The loss looks at hidden patches only, and the normalised target uses the unbiased variance.
#include "mae/ops/patch_loss.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

namespace mae {
namespace {

TEST(PatchLoss, VariancesAreUnbiasedWithEpsInsideTheRoot) {
  const Tensor patch = at::arange(4, at::kDouble).reshape({1, 1, 4});  // mean 1.5, variance 5 / 3
  const Tensor normal = normalize_patches(patch);
  EXPECT_NEAR(normal[0][0][0].item<double>(), -1.5 / std::sqrt(5.0 / 3.0 + 1e-6), 1e-15);
  EXPECT_EQ(normalize_patches(at::ones({1, 1, 4}, at::kDouble)).abs().max().item<double>(), 0.0);
}

// Pixels (1, 10), (3, 30), (5, 80): means 3 and 40, variances 4 and 1300, eps beside the root.
TEST(PatchLoss, ChannelsHaveTheirOwnStatistics) {
  const Tensor patch = at::tensor({1., 10., 3., 30., 5., 80.}, at::kDouble).reshape({1, 1, 6});
  const PatchStats stats = channel_stats(patch, 2);
  EXPECT_EQ(stats.mean[0][0][0].item<double>(), 3);
  EXPECT_EQ(stats.mean[0][0][1].item<double>(), 40);
  EXPECT_EQ(stats.std[0][0][0].item<double>(), 2 + 1e-6);
  const Tensor normal = normalize_patches(patch, stats);
  EXPECT_EQ(normal[0][0][4].item<double>(), 2 / (2 + 1e-6));
  EXPECT_NEAR(normal[0][0][5].item<double>(), 40 / (std::sqrt(1300.0) + 1e-6), 1e-15);
  EXPECT_LT((denormalize_patches(normal, stats) - patch).abs().max().item<double>(), 1e-13);
  const PatchStats mixed = patch_stats(patch);
  EXPECT_TRUE(at::equal(normalize_patches(patch, mixed), normalize_patches(patch)));
  EXPECT_LT(
      (denormalize_patches(normalize_patches(patch), mixed) - patch).abs().max().item<double>(),
      1e-13);
}

TEST(PatchLoss, MeanOverHiddenPatchesOfTheBatch) {
  Tensor target = at::zeros({2, 2, 2}, at::kDouble), pred = at::zeros({2, 2, 2}, at::kDouble);
  Tensor mask = at::zeros({2, 2});
  mask[0][1] = 1;
  mask[1][0] = 1;
  pred[0][1][0] = 2;  // patch error (4 + 0) / 2 = 2
  pred[1][0][1] = 4;  // patch error 8
  EXPECT_DOUBLE_EQ(masked_patch_loss(pred, target, mask).item<double>(), 5.0);
  pred[0][0][0] = 100;  // visible: no effect
  EXPECT_DOUBLE_EQ(masked_patch_loss(pred, target, mask).item<double>(), 5.0);
}

}  // namespace
}  // namespace mae
