// k-NN against a brute-force twin, and its rules for ties.
#include "mae/eval/knn.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mae/base/error.h"
#include "synthetic_features.h"

namespace mae {
namespace {

FeatureSet labelled(const Tensor& features, const std::vector<int64_t>& labels) {
  FeatureSet set;
  set.features = features;
  set.labels = at::tensor(labels, at::kLong);
  for (size_t i = 0; i < labels.size(); ++i) set.names.push_back(std::to_string(i));
  return set;
}

/// Votes of one test row, in double and by sorting everything.
std::vector<double> brute_force_votes(const FeatureSet& train, const Tensor& row, int64_t classes,
                                      int64_t k, double temperature) {
  std::vector<std::pair<double, int64_t>> order;
  const Tensor unit = row.to(at::kDouble) / row.to(at::kDouble).norm();
  for (int64_t i = 0; i < train.features.size(0); ++i) {
    const Tensor key = train.features[i].to(at::kDouble);
    order.emplace_back(-(unit * key / key.norm()).sum().item<double>(), i);
  }
  std::sort(order.begin(), order.end());
  std::vector<double> votes(static_cast<size_t>(classes));
  for (int64_t i = 0; i < k; ++i) {
    const auto& [negative, index] = order[static_cast<size_t>(i)];
    votes[static_cast<size_t>(train.labels[index].item<int64_t>())] +=
        std::exp((order.front().first - negative) / temperature);
  }
  return votes;
}

TEST(Knn, VotesEqualABruteForceTwin) {
  const FeatureSet train = test::gaussian_clouds(120, 6, 4, 3, 1);
  const FeatureSet test = test::gaussian_clouds(15, 6, 4, 3, 2);
  KnnOptions options;
  options.k = {1, 7, 120};
  options.temperature = 0.3;
  const auto results = knn(train, test, 4, options);
  ASSERT_EQ(results.size(), 3U);
  for (size_t r = 0; r < results.size(); ++r) {
    for (int64_t n = 0; n < 15; ++n) {
      const auto votes = brute_force_votes(train, test.features[n], 4, options.k[r], 0.3);
      for (int64_t c = 0; c < 4; ++c) {
        EXPECT_NEAR(results[r].logits[n][c].item<double>(), votes[static_cast<size_t>(c)],
                    1e-4 * (1 + votes[static_cast<size_t>(c)]))
            << "k " << options.k[r] << " sample " << n << " class " << c;
      }
    }
  }
}

TEST(Knn, RecognisesItself) {
  const FeatureSet train = test::gaussian_clouds(200, 8, 5, 1, 1);
  KnnOptions options;
  options.k = {1};
  EXPECT_EQ(knn(train, train, 5, options).front().top1, 100);
}

TEST(Knn, LengthDoesNotMatter) {
  const FeatureSet train = labelled(at::tensor({1.0F, 0.0F, 0.0F, 100.0F}).reshape({2, 2}), {0, 1});
  const FeatureSet test = labelled(at::tensor({0.9F, 0.8F}).reshape({1, 2}), {0});
  KnnOptions options;
  options.k = {1};
  EXPECT_EQ(knn(train, test, 2, options).front().top1, 100);
}

TEST(Knn, TiesGoToTheEarlierSampleAndTheLowerClass) {
  // Four equal keys: with k = 2 the first two are neighbours, classes 2 and 1; their votes are
  // equal and class 1 wins.
  const FeatureSet train =
      labelled(at::tensor({1.0F, 1.0F, 1.0F, 1.0F}).reshape({4, 1}), {2, 1, 0, 0});
  const FeatureSet test = labelled(at::tensor({2.0F, 3.0F}).reshape({2, 1}), {1, 2});
  KnnOptions options;
  options.k = {2};
  const Predictions result = knn(train, test, 3, options).front();
  EXPECT_EQ(result.logits[0][0].item<float>(), 0.0F);
  EXPECT_EQ(result.logits[0][1].item<float>(), 1.0F);
  EXPECT_EQ(result.logits[0][2].item<float>(), 1.0F);
  EXPECT_EQ(result.top1, 50);  // the sample of class 1 is right, that of class 2 is not
}

TEST(Knn, VotesSurviveATinyTemperature) {
  const FeatureSet train = test::gaussian_clouds(50, 4, 3, 5, 1);
  KnnOptions options;
  options.k = {5};
  options.temperature = 1e-6;
  EXPECT_EQ(knn(train, train, 3, options).front().top1, 100);
}

TEST(Knn, RefusesMoreNeighboursThanSamples) {
  const FeatureSet train = test::gaussian_clouds(10, 4, 2, 1, 1);
  KnnOptions options;
  for (const int64_t k : {int64_t{11}, int64_t{0}, int64_t{-3}}) {
    options.k = {k};
    EXPECT_THROW(knn(train, train, 2, options), UsageError) << k;
  }
  options.k = {};
  EXPECT_THROW(knn(train, train, 2, options), UsageError);
  options.k = {1};
  options.temperature = 0;
  EXPECT_THROW(knn(train, train, 2, options), UsageError);
}

}  // namespace
}  // namespace mae
