// The loss looks at hidden patches only, and the normalised target uses the unbiased variance.
#include "mae/ops/patch_loss.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
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
