// Ranks, ties and numbers that are not numbers.
#include "mae/train/accuracy.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <limits>

namespace mae {
namespace {

Tensor labels(const std::vector<int64_t>& values) { return at::tensor(values, at::kLong); }

TEST(Accuracy, RankIsTheNumberOfLargerLogits) {
  const Tensor logits = at::tensor({0.1F, 0.9F, 0.5F, -1.0F}).expand({4, 4});
  EXPECT_TRUE(label_ranks(logits, labels({0, 1, 2, 3})).equal(labels({2, 0, 1, 3})));
}

TEST(Accuracy, EqualLogitsRankByClass) {
  const Tensor logits = at::zeros({3, 3});
  EXPECT_TRUE(label_ranks(logits, labels({0, 1, 2})).equal(labels({0, 1, 2})));
  EXPECT_TRUE(predicted_classes(logits).equal(labels({0, 0, 0})));
}

TEST(Accuracy, NotANumberIsNeverRight) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor logits = at::tensor({nan, 1.0F, nan, nan}).reshape({2, 2});
  EXPECT_EQ(accuracy_of(label_ranks(logits, labels({0, 1}))).top1, 0);
}

TEST(Accuracy, PerCentOfTheSamples) {
  const Accuracy accuracy = accuracy_of(labels({0, 0, 4, 5, 99, 1, 2, 3}));
  EXPECT_DOUBLE_EQ(accuracy.top1, 25);
  EXPECT_DOUBLE_EQ(accuracy.top5, 75);
  EXPECT_EQ(accuracy_of(at::empty({0}, at::kLong)).top1, 0);
}

}  // namespace
}  // namespace mae
