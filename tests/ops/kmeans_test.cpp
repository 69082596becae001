// Centres of separable data are found from any seed, and the same bits come from any number of
// threads.
#include "mae/ops/kmeans.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "mae/base/error.h"

namespace mae {
namespace {

constexpr int64_t kCentres = 7, kWidth = 5;

/// Rows around centre k = (10 k, 0, ..., 0), deviation 0.1, centre by centre in turn.
Tensor separable_rows(int64_t N) {
  RandomStream random(2, "rows");
  Tensor rows = at::zeros({N, kWidth}, at::kFloat);
  for (int64_t i = 0; i < N; ++i) {
    float* row = rows.data_ptr<float>() + kWidth * i;
    for (int64_t j = 0; j < kWidth; ++j) row[j] = static_cast<float>(0.1 * random.normal());
    row[0] += static_cast<float>(10 * (i % kCentres));
  }
  return rows;
}

Kmeans fit(const Tensor& rows, const KmeansOptions& options, uint64_t seed = 0) {
  RandomStream random(seed, "kmeans");
  Progress progress;
  return fit_kmeans(rows, options, random, progress);
}

TEST(Kmeans, FindsTheCentresOfSeparableData) {
  const Tensor rows = separable_rows(7000);
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const Kmeans found = fit(rows, {kCentres, 100, 1}, seed);
    EXPECT_TRUE(found.converged);
    EXPECT_NEAR(found.inertia, kWidth * 0.01, 0.002);
    std::vector<double> first;
    for (int64_t k = 0; k < kCentres; ++k) first.push_back(found.centroids[k][0].item<double>());
    std::sort(first.begin(), first.end());
    for (int64_t k = 0; k < kCentres; ++k)
      EXPECT_NEAR(first[static_cast<size_t>(k)], 10.0 * static_cast<double>(k), 0.02);
  }
}

TEST(Kmeans, NearestIsByDistanceNotByProduct) {
  const Tensor centroids = at::tensor({1., 0., 100., 0.}, at::kDouble).reshape({2, 2});
  const Tensor rows = at::tensor({2., 0., 90., 0.}, at::kDouble).reshape({2, 2});
  const NearestCentroids nearest = nearest_centroids(rows, centroids);
  EXPECT_EQ(nearest.labels[0].item<int64_t>(), 0);
  EXPECT_EQ(nearest.labels[1].item<int64_t>(), 1);
  EXPECT_DOUBLE_EQ(nearest.distances[0].item<double>(), 1);
  EXPECT_DOUBLE_EQ(nearest.distances[1].item<double>(), 100);
}

TEST(Kmeans, ThreadsDoNotChangeABit) {
  const Tensor rows = separable_rows(9000);
  const Kmeans one = fit(rows, {20, 5, 1}), three = fit(rows, {20, 5, 3});
  EXPECT_TRUE(at::equal(one.centroids, three.centroids));
  EXPECT_EQ(one.inertia, three.inertia);
  EXPECT_FALSE(at::equal(one.centroids, fit(rows, {20, 5, 1}, /*seed=*/1).centroids));
}

TEST(Kmeans, MorePassesNeverGetWorse) {
  const Tensor rows = separable_rows(3000);
  double before = fit(rows, {20, 0, 1}).inertia;
  for (const int64_t passes : {1, 2, 4, 8}) {
    const double now = fit(rows, {20, passes, 1}).inertia;
    EXPECT_LE(now, before * (1 + 1e-6)) << passes;
    before = now;
  }
}

TEST(Kmeans, AsManyCodesAsDifferentRowsFitExactly) {
  const Tensor rows = at::tensor({1.F, 2.F, 2.F, 4.F, 1.F}).reshape({5, 1});
  EXPECT_EQ(fit(rows, {3, 10, 1}).inertia, 0);
  EXPECT_THROW(fit(rows, {4, 10, 1}), UsageError);  // only three differ
  EXPECT_THROW(fit(rows, {6, 10, 1}), UsageError);
  EXPECT_THROW(fit(rows, {0, 10, 1}), UsageError);
}

}  // namespace
}  // namespace mae
