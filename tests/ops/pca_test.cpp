// Components of data whose axes are known, and the same bits from any number of threads.
#include "mae/ops/pca.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "mae/base/error.h"
#include "mae/base/random_stream.h"

namespace mae {
namespace {

/// Three axes of deviations 3, 1 and 0.2, turned by 30 degrees in the plane of the first two, and
/// moved.
Tensor turned_rows(int64_t N) {
  RandomStream random(1, "rows");
  Tensor rows = at::zeros({N, 3}, at::kFloat);
  const double c = std::cos(M_PI / 6), s = std::sin(M_PI / 6);
  for (int64_t i = 0; i < N; ++i) {
    const double a = 3 * random.normal(), b = random.normal(), z = 0.2 * random.normal();
    float* row = rows.data_ptr<float>() + 3 * i;
    row[0] = static_cast<float>(c * a - s * b + 5);
    row[1] = static_cast<float>(s * a + c * b - 2);
    row[2] = static_cast<float>(z);
  }
  return rows;
}

TEST(Pca, FindsTheAxesOfTurnedData) {
  const Pca pca = fit_pca(turned_rows(20000), 2);
  const auto at = [&](int64_t i, int64_t j) { return pca.basis[i][j].item<double>(); };
  EXPECT_NEAR(at(0, 0), std::cos(M_PI / 6), 0.01);  // the largest entry of a row is positive
  EXPECT_NEAR(at(0, 1), std::sin(M_PI / 6), 0.01);
  EXPECT_NEAR(at(1, 0), -std::sin(M_PI / 6), 0.01);
  EXPECT_NEAR(at(1, 1), std::cos(M_PI / 6), 0.01);
  EXPECT_NEAR(pca.variances[0].item<double>(), 9, 0.3);
  EXPECT_NEAR(pca.variances[1].item<double>(), 1, 0.04);
  EXPECT_NEAR(pca.mean[0].item<double>(), 5, 0.08);
  EXPECT_NEAR(pca.explained_variance, 10 / 10.04, 1e-3);
}

TEST(Pca, AllComponentsAreAnOrthogonalTransform) {
  const Pca pca = fit_pca(turned_rows(100), 3);
  const Tensor basis = pca.basis.to(at::kDouble);
  EXPECT_LT((at::matmul(basis, basis.t()) - at::eye(3, at::kDouble)).abs().max().item<double>(),
            1e-6);
  EXPECT_NEAR(pca.explained_variance, 1, 1e-12);
}

TEST(Pca, ThreadsDoNotChangeABit) {
  const Tensor rows = turned_rows(9000);  // several chunks, the last one incomplete
  const Pca one = fit_pca(rows, 3, 1), three = fit_pca(rows, 3, 3);
  EXPECT_TRUE(at::equal(one.basis, three.basis));
  EXPECT_TRUE(at::equal(one.mean, three.mean));
  EXPECT_TRUE(at::equal(one.variances, three.variances));
}

TEST(Pca, WhatCannotBeFittedIsRefused) {
  const Tensor rows = turned_rows(10);
  EXPECT_THROW(fit_pca(rows, 0), UsageError);
  EXPECT_THROW(fit_pca(rows, 4), UsageError);
  EXPECT_THROW(fit_pca(rows.slice(0, 0, 1), 1), UsageError);
  EXPECT_THROW(fit_pca(at::zeros({10, 3}), 1), UsageError);
}

}  // namespace
}  // namespace mae
