// The probe's step: three published steps in float64, and the hand-written gradient against
// autograd.
#include "mae/eval/probe_head.h"

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "mae/base/random_stream.h"
#include "support/reference_file.h"

namespace mae {
namespace {

constexpr double kTolerance = 1e-9;  // float64

Tensor read_tensor(const test::ReferenceFile& file, const std::string& name) {
  std::vector<double> values = file.numbers(name);
  return at::from_blob(values.data(), file.shape(name), at::kDouble).clone();
}

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

Tensor normal_tensor(at::IntArrayRef sizes, uint64_t seed) {
  Tensor x = at::zeros(sizes, at::kDouble);
  RandomStream random(seed, "test");
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<double>()[i] = random.normal();
  return x;
}

TEST(ProbeHead, ThreeStepsEqualThePublishedProbe) {
  const test::ReferenceFile file(std::string(MAE_TESTS_DIR) +
                                 "/golden/reference/linear_probe_lars.h5");
  ProbeHeadOptions options;
  options.features = 6;
  options.classes = 4;
  options.weight_decay = file.attribute_number("/", "weight_decay");
  options.batch_norm_eps = file.attribute_number("/", "batch_norm_eps");
  options.lars.momentum = file.attribute_number("/", "momentum");
  options.lars.trust_coefficient = file.attribute_number("/", "trust_coefficient");
  ProbeHead head(options, at::kDouble);
  head.weight.detach().copy_(read_tensor(file, "step0/1.weight"));
  head.bias.detach().copy_(read_tensor(file, "step0/1.bias"));
  const Tensor features = read_tensor(file, "inputs/features");
  const Tensor labels = read_tensor(file, "inputs/labels").to(at::kLong);
  for (int64_t step = 0; step < 3; ++step) {
    const std::string group = "step" + std::to_string(step + 1);
    SCOPED_TRACE(group);
    const double loss =
        head.step(features[step].clone(), labels[step], file.attribute_number("/", "lr"));
    EXPECT_NEAR(loss, file.numbers(group + "/loss").front(), kTolerance);
    EXPECT_LT(largest_difference(head.weight, read_tensor(file, group + "/1.weight")), kTolerance);
    EXPECT_LT(largest_difference(head.bias, read_tensor(file, group + "/1.bias")), kTolerance);
    EXPECT_LT(largest_difference(head.running_mean, read_tensor(file, group + "/0.running_mean")),
              kTolerance);
    EXPECT_LT(largest_difference(head.running_var, read_tensor(file, group + "/0.running_var")),
              kTolerance);
  }
}

TEST(ProbeHead, GradientEqualsAutograd) {
  const int64_t B = 20, D = 7, K = 5;
  ProbeHeadOptions options;
  options.features = D;
  options.classes = K;
  ProbeHead head(options, at::kDouble);
  head.initialize(3);
  const Tensor features = normal_tensor({B, D}, 1) * 3 + 2;
  const Tensor labels = at::zeros({B}, at::kLong);
  for (int64_t b = 0; b < B; ++b) labels[b] = b * b % K;

  const Tensor weight = head.weight.detach().clone().set_requires_grad(true);
  const Tensor bias = head.bias.detach().clone().set_requires_grad(true);
  Tensor running_mean = at::zeros({D}, at::kDouble), running_var = at::zeros({D}, at::kDouble) + 1;
  const Tensor normalized = at::batch_norm(features, {}, {}, running_mean, running_var,
                                           /*training=*/true, 0.1, 1e-6, /*cudnn=*/false);
  const Tensor loss = -at::log_softmax(at::linear(normalized, weight, bias), 1)
                           .gather(1, labels.unsqueeze(1))
                           .mean();
  loss.backward();

  EXPECT_NEAR(head.step(features.clone(), labels, /*lr=*/0.5), loss.item<double>(), 1e-12);
  EXPECT_LT(largest_difference(head.weight.grad(), weight.grad()), 1e-12);
  EXPECT_LT(largest_difference(head.bias.grad(), bias.grad()), 1e-12);
  EXPECT_LT(largest_difference(head.running_mean, running_mean), 1e-12);
  EXPECT_LT(largest_difference(head.running_var, running_var), 1e-12);
}

TEST(ProbeHead, InitialWeightsAreSmallAndDependOnTheSeed) {
  ProbeHeadOptions options;
  options.features = 100;
  options.classes = 100;
  ProbeHead one(options), same(options), other(options);
  one.initialize(1);
  same.initialize(1);
  other.initialize(2);
  EXPECT_NEAR(one.weight.detach().std().item<double>(), 0.01, 0.0005);
  EXPECT_TRUE(one.weight.equal(same.weight));
  EXPECT_FALSE(one.weight.equal(other.weight));
  EXPECT_EQ(one.bias.detach().abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace mae
