// The probe as a whole: it learns, it is repeatable, it refuses what cannot work.
#include "mae/eval/linear_probe.h"

#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <limits>

#include "mae/base/error.h"
#include "mae/eval/lr_sweep.h"
#include "synthetic_features.h"

namespace mae {
namespace {

LinearProbeOptions small_set_options() {
  LinearProbeOptions options;
  options.batch_size = 128;
  options.epochs = 30;
  options.warmup_epochs = 3;
  options.lr = 6.4;
  return options;
}

TEST(LinearProbe, SeparatesCloudsDespiteUnequalScales) {
  const FeatureSet train = test::gaussian_clouds(1000, 20, 5, 12, 1);
  const FeatureSet test = test::gaussian_clouds(500, 20, 5, 12, 2);
  Progress silent;
  const LinearProbeOptions options = small_set_options();
  const LinearClassifier classifier = train_linear_probe(train, 5, options, silent);
  const Predictions predictions = predict(classifier, test, options.batch_norm_eps);
  EXPECT_GT(predictions.top1, 98);
  EXPECT_EQ(predictions.top5, 100);
}

TEST(LinearProbe, ChanceOnLabelsThatMeanNothing) {
  const FeatureSet train = test::gaussian_clouds(1000, 10, 10, 0, 1);
  const FeatureSet test = test::gaussian_clouds(1000, 10, 10, 0, 2);
  Progress silent;
  const LinearProbeOptions options = small_set_options();
  const Predictions predictions =
      predict(train_linear_probe(train, 10, options, silent), test, options.batch_norm_eps);
  EXPECT_NEAR(predictions.top1, 10, 5);
  EXPECT_NEAR(predictions.top5, 50, 8);
}

TEST(LinearProbe, SameSeedSameWeights) {
  const FeatureSet train = test::gaussian_clouds(300, 8, 3, 3, 1);
  Progress silent;
  LinearProbeOptions options = small_set_options();
  const LinearClassifier one = train_linear_probe(train, 3, options, silent);
  const LinearClassifier same = train_linear_probe(train, 3, options, silent);
  options.seed = 1;
  const LinearClassifier other = train_linear_probe(train, 3, options, silent);
  EXPECT_TRUE(one.weight.equal(same.weight));
  EXPECT_TRUE(one.running_var.equal(same.running_var));
  EXPECT_FALSE(one.weight.equal(other.weight));
}

TEST(LinearProbe, RateFollowsTheBatchAfterTheCut) {
  LinearProbeOptions options;
  EXPECT_DOUBLE_EQ(probe_learning_rate(options, 1281167), 6.4);
  EXPECT_DOUBLE_EQ(probe_learning_rate(options, 2560), 1.0);
  options.lr = 0.25;
  EXPECT_DOUBLE_EQ(probe_learning_rate(options, 2560), 0.25);
}

TEST(LinearProbe, PredictUsesTheRunningStatistics) {
  FeatureSet test;
  test.features = at::arange(6, at::kFloat).reshape({3, 2});  // rows (0, 1), (2, 3), (4, 5)
  test.labels = at::arange(3, at::kLong);
  LinearClassifier classifier;
  classifier.running_mean = at::arange(2, at::kFloat) + 2;      // 2, 3
  classifier.running_var = at::arange(2, at::kFloat) * 12 + 4;  // 4, 16
  classifier.weight = at::arange(6, at::kFloat).reshape({3, 2});
  classifier.bias = at::arange(3, at::kFloat);
  const Predictions predictions = predict(classifier, test, /*batch_norm_eps=*/0);
  // Row 2 is (4 - 2) / 2 = 1, (5 - 3) / 4 = 0.5.
  EXPECT_FLOAT_EQ(predictions.logits[2][0].item<float>(), 0.5F);
  EXPECT_FLOAT_EQ(predictions.logits[2][1].item<float>(), 1 + 2 + 1.5F);
  EXPECT_FLOAT_EQ(predictions.logits[2][2].item<float>(), 2 + 4 + 2.5F);
}

TEST(LinearProbe, RefusesOptionsThatCannotWork) {
  const FeatureSet train = test::gaussian_clouds(30, 4, 3, 3, 1);
  Progress silent;
  LinearProbeOptions options = small_set_options();
  options.epochs = 3;  // as long as the warm-up
  EXPECT_THROW(train_linear_probe(train, 3, options, silent), UsageError);
  options = small_set_options();
  options.batch_size = 0;
  EXPECT_THROW(train_linear_probe(train, 3, options, silent), UsageError);
  options = small_set_options();
  options.lr = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(train_linear_probe(train, 3, options, silent), UsageError);
}

TEST(LinearProbe, DivergenceIsANumericError) {
  const FeatureSet train = test::gaussian_clouds(200, 8, 3, 3, 1);
  Progress silent;
  LinearProbeOptions options = small_set_options();
  options.lr = 1e30;
  EXPECT_THROW(train_linear_probe(train, 3, options, silent), NumericError);
}

TEST(LrSweep, PrefersTheRateThatLearnsAndSurvivesOneThatDiverges) {
  const FeatureSet train = test::gaussian_clouds(600, 10, 4, 8, 1);
  Progress silent;
  const LrSweep sweep =
      sweep_learning_rates(train, 4, small_set_options(), {1e-6, 6.4, 1e30}, silent);
  EXPECT_EQ(sweep.best_lr, 6.4);
  ASSERT_EQ(sweep.points.size(), 3U);
  EXPECT_LT(sweep.points[0].top1, sweep.points[1].top1);
  EXPECT_EQ(sweep.points[2].top1, 0);
  EXPECT_GT(sweep.held_out, 30);
  EXPECT_LT(sweep.held_out, 95);
}

TEST(LrSweep, HoldsOutTheSameSamplesInAnyOrder) {
  const FeatureSet train = test::gaussian_clouds(200, 6, 4, 8, 1);
  const FeatureSet reversed = select_samples(train, at::arange(199, -1, -1, at::kLong));
  Progress silent;
  const auto options = small_set_options();
  EXPECT_EQ(sweep_learning_rates(train, 4, options, {1}, silent).held_out,
            sweep_learning_rates(reversed, 4, options, {1}, silent).held_out);
}

TEST(LrSweep, RefusesSetsThatAreTooSmall) {
  Progress silent;
  const auto options = small_set_options();
  EXPECT_THROW(sweep_learning_rates(test::gaussian_clouds(1, 4, 1, 1, 1), 1, options, {1}, silent),
               UsageError);
  EXPECT_THROW(sweep_learning_rates(test::gaussian_clouds(100, 4, 2, 1, 1), 2, options, {}, silent),
               UsageError);
  EXPECT_THROW(
      sweep_learning_rates(test::gaussian_clouds(100, 4, 2, 1, 1), 2, options, {-1}, silent),
      UsageError);
}

}  // namespace
}  // namespace mae
