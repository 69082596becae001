#include "mae/train/classifier_evaluation.h"

#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

namespace mae {
namespace {

// Two samples of two views: probabilities are averaged, not logits.
TEST(MergeViews, AveragesProbabilities) {
  ClassifierEvaluation views;
  views.logits = at::tensor({9.0F, 0.0F, 0.0F, 1.0F, 0.0F, 2.0F, 0.0F, 3.0F}).reshape({4, 2});
  views.labels = at::tensor({0, 0, 1, 1}, at::kLong);
  const ClassifierEvaluation merged = merge_views(views, 2);
  ASSERT_EQ(merged.logits.sizes().vec(), (std::vector<int64_t>{2, 2}));
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  EXPECT_NEAR(std::exp(merged.logits[0][0].item<double>()), (sigmoid(9) + sigmoid(-1)) / 2, 1e-6);
  EXPECT_NEAR(std::exp(merged.logits[1][1].item<double>()), (sigmoid(2) + sigmoid(3)) / 2, 1e-6);
  EXPECT_EQ(merged.labels[1].item<int64_t>(), 1);
  EXPECT_EQ(merged.labelled, 2);
  EXPECT_EQ(merged.top1, 100);
}

}  // namespace
}  // namespace mae
