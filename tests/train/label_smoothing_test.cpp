// Soft targets against the published formulas.
#include "mae/train/label_smoothing.h"

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"

namespace mae {
namespace {

const Tensor kLabels = at::tensor(std::vector<int64_t>{2, 0, 1}, at::kLong);

TEST(LabelSmoothing, OnAndOffValues) {
  const Tensor targets = soft_targets(kLabels, 4, 0.2);
  EXPECT_TRUE(targets.sum(1).allclose(at::tensor({1.0, 1.0, 1.0})));
  EXPECT_DOUBLE_EQ(targets[0][2].item<double>(), 0.8 + 0.05);
  EXPECT_DOUBLE_EQ(targets[0][0].item<double>(), 0.05);
  EXPECT_DOUBLE_EQ(targets[2][1].item<double>(), 0.85);
}

TEST(LabelSmoothing, MixedTargetsAddTheReversedBatch) {
  const Tensor targets = soft_targets(kLabels, 4, 0.2, /*lam=*/0.75);
  const Tensor own = soft_targets(kLabels, 4, 0.2);
  EXPECT_TRUE(targets.allclose(own * 0.75 + own.flip(0) * 0.25));
  // The middle sample is its own partner and keeps its target.
  EXPECT_TRUE(targets[1].allclose(own[1]));
}

TEST(LabelSmoothing, LossEqualsNllAndTheMeanOfLogProbabilities) {
  const Tensor logits =
      at::tensor({1.0, -2.0, 0.5, 3.0, 0.0, 0.1, 2.0, -1.0, 0.3, 0.2, 0.7, -4.0}).reshape({3, 4});
  const Tensor log_p = at::log_softmax(logits, 1);
  const double nll = -log_p.gather(1, kLabels.unsqueeze(1)).mean().item<double>();
  const double uniform = -log_p.mean().item<double>();
  EXPECT_NEAR(soft_target_loss(logits, soft_targets(kLabels, 4, 0.1)).item<double>(),
              0.9 * nll + 0.1 * uniform, 1e-14);
  EXPECT_NEAR(soft_target_loss(logits, soft_targets(kLabels, 4, 0)).item<double>(), nll, 1e-14);
}

TEST(LabelSmoothing, HalfPrecisionLogitsAreSummedInFloat32) {
  const Tensor logits = at::tensor({1.0F, 2.0F}).reshape({1, 2});
  const Tensor target = soft_targets(at::tensor(std::vector<int64_t>{0}, at::kLong), 2, 0);
  const Tensor loss = soft_target_loss(logits.to(at::kBFloat16), target);
  EXPECT_EQ(loss.scalar_type(), at::kFloat);
  EXPECT_FLOAT_EQ(loss.item<float>(), soft_target_loss(logits, target).item<float>());
}

TEST(LabelSmoothing, RefusesWhatIsOutOfRange) {
  EXPECT_THROW(soft_targets(kLabels, 2, 0), DataError);
  EXPECT_THROW(soft_targets(kLabels - 1, 4, 0), DataError);
  EXPECT_THROW(soft_targets(kLabels, 4, 1), UsageError);
  EXPECT_THROW(soft_targets(kLabels, 4, -0.1), UsageError);
  EXPECT_THROW(soft_targets(kLabels, 4, 0, 1.5), UsageError);
}

}  // namespace
}  // namespace mae
