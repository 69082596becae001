// Each target against its definition, in float64: its loss, and the way back to pixels.
#include "mae/models/reconstruction_target.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "golden_case.h"
#include "mae/base/error.h"
#include "mae/ops/patch_target.h"
#include "mae/ops/patchify.h"
#include "mae/ops/pca.h"

namespace mae {
namespace {

constexpr Size2d kPatch{2, 3};
constexpr int64_t kChannels = 2, kValues = 12;

Tensor numbers(const char* name, std::vector<int64_t> shape) {
  return test::input_tensor({{"seed", name}, {"shape", shape}, {"scale", 4.0}, {"offset", -2.0}})
      .to(at::kDouble);
}

Tensor target_images() {
  return numbers("target", {3, kChannels, 4, 9});
}  // 6 patches of 12 numbers

std::shared_ptr<ReconstructionTarget> target_of(TargetKind kind, int64_t size = 0) {
  auto target =
      std::make_shared<ReconstructionTarget>(TargetOptions{kind, size, kPatch, kChannels});
  target->to(at::kDouble);
  return target;
}

void set_buffer(ReconstructionTarget& target, const char* name, const Tensor& value) {
  const at::NoGradGuard no_grad;
  target.named_buffers()[name].copy_(value);
}

double largest_in(const Tensor& difference) { return difference.abs().max().item<double>(); }

TEST(ReconstructionTarget, NamesComeBack) {
  for (const char* name : {"pixels", "norm-pixels", "norm-pixels-channel", "pca", "tokens"})
    EXPECT_STREQ(target_name(parse_target(name)), name);
  EXPECT_THROW(parse_target("dvae"), UsageError);
}

TEST(ReconstructionTarget, PixelsAreThePublishedTargets) {
  const auto plain = target_of(TargetKind::kPixels), norm = target_of(TargetKind::kNormPixels);
  EXPECT_TRUE(at::equal(plain->of(target_images()), patch_target(target_images(), kPatch, false)));
  EXPECT_TRUE(at::equal(norm->of(target_images()), patch_target(target_images(), kPatch, true)));
  EXPECT_EQ(plain->pred_size(), kValues);
  EXPECT_FALSE(plain->stats(plain->of(target_images())).mean.defined());
  EXPECT_TRUE(plain->named_buffers().empty() && norm->named_buffers().empty());
}

TEST(ReconstructionTarget, NormalisedPixelsComeBackWithTheirStatistics) {
  const Tensor patches = patchify(target_images(), kPatch);
  for (const TargetKind kind : {TargetKind::kNormPixels, TargetKind::kNormPixelsChannel}) {
    const auto target = target_of(kind);
    const Tensor normal = target->of(target_images());
    const Tensor back = denormalize_patches(target->patches(normal), target->stats(patches));
    EXPECT_LT(largest_in(back - patches), 1e-13) << target_name(kind);
  }
  // Of a channel, not of the patch: each has mean 0.
  const Tensor normal = target_of(TargetKind::kNormPixelsChannel)->of(target_images());
  EXPECT_LT(largest_in(normal.unflatten(2, {-1, kChannels}).mean(2)), 1e-14);
}

TEST(ReconstructionTarget, AllComponentsGiveTheLossOfPixels) {
  const Pca pca = fit_pca(numbers("rows", {200, kValues}), kValues);
  auto target = target_of(TargetKind::kPca, kValues);
  // In float64 the basis is orthonormal to float32's rounding only; one more step makes it so.
  Tensor basis = pca.basis.to(at::kDouble);
  for (int i = 0; i < 3; ++i) basis = 1.5 * basis - 0.5 * basis.mm(basis.t()).mm(basis);
  set_buffer(*target, "basis", basis);
  set_buffer(*target, "mean", pca.mean);
  const Tensor pred = numbers("pred", {3, 6, kValues});
  const Tensor turned = (pred - pca.mean.to(at::kDouble)).matmul(basis.t());
  const auto pixels = target_of(TargetKind::kPixels);
  const Tensor errors = target->errors(turned, target->of(target_images()));
  EXPECT_LT(largest_in(errors - pixels->errors(pred, pixels->of(target_images()))), 1e-12);
  EXPECT_LT(
      largest_in(target->patches(target->of(target_images())) - patchify(target_images(), kPatch)),
      1e-12);
  EXPECT_EQ(target_of(TargetKind::kPca, 5)->pred_size(), 5);
}

TEST(ReconstructionTarget, TokensAreTheNearestCodes) {
  auto target = target_of(TargetKind::kTokens, 7);
  const Tensor codes = numbers("codes", {7, kValues});
  set_buffer(*target, "codebook", codes);
  const Tensor labels = target->of(target_images());  // [3, 6]
  const Tensor patches = patchify(target_images(), kPatch);
  const Tensor distances = (patches.unsqueeze(2) - codes).square().sum(-1);  // [3, 6, 7]
  EXPECT_TRUE(at::equal(labels, distances.argmin(-1)));
  const Tensor logits = numbers("logits", {3, 6, 7});
  const Tensor errors = target->errors(logits, labels);
  const Tensor mean = at::cross_entropy_loss(logits.flatten(0, 1), labels.flatten());
  EXPECT_NEAR(errors.mean().item<double>(), mean.item<double>(), 1e-14);
  const Tensor shown = target->patches(at::one_hot(labels, 7).to(at::kDouble));
  EXPECT_TRUE(at::equal(shown.flatten(0, 1), codes.index_select(0, labels.flatten())));
}

}  // namespace
}  // namespace mae
