// Packed products against the plain ones, within what their numbers can say.
#include "mae/nn/pack_layers.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "mae/base/processor.h"
#include "mae/nn/transformer_block.h"
#include "support/random_tensor.h"

namespace mae {
namespace {

// Weights of the size that trained ones have, and a few large columns in what comes in.
struct Layer : Module {
  Layer() {
    at::NoGradGuard no_grad;
    mlp = register_module("mlp", std::make_shared<Mlp>(64, 256));
    uint64_t sample = 0;
    for (Tensor& parameter : parameters_of())
      parameter.copy_(test::random_tensor(parameter.sizes(), ++sample) * 0.1);
  }
  std::vector<Tensor> parameters_of() const { return parameters(); }
  std::shared_ptr<Mlp> mlp;
};

Tensor rows_with_outliers(uint64_t sample) {
  Tensor rows = test::random_tensor({4, 33, 64}, sample);
  rows.select(/*dim=*/2, 7).mul_(100);
  return rows.to(at::kFloat);
}

double relative_error(const Tensor& found, const Tensor& exact) {
  const Tensor difference = found.to(at::kFloat) - exact;
  return (difference.norm() / exact.norm()).item<double>();
}

TEST(PackLayers, Bfloat16IsAsNearAsItsNumbers) {
  const at::NoGradGuard no_grad;
  Layer layer;
  const Tensor x = rows_with_outliers(11), exact = layer.mlp->forward(x);
  pack_layers_bfloat16(layer);
  const Tensor found = layer.mlp->forward(x);
  if (found.scalar_type() == at::kFloat) GTEST_SKIP() << "this LibTorch packs nothing";
  EXPECT_EQ(found.scalar_type(), at::kBFloat16);
  EXPECT_LT(relative_error(found, exact), 6e-3);
  EXPECT_TRUE(at::equal(found, layer.mlp->forward(x)));
}

TEST(PackLayers, EightBitsStandOutliersOfOneColumn) {
  if (!has_int8_products() || !can_pack_int8()) GTEST_SKIP() << "no 8-bit products here";
  const at::NoGradGuard no_grad;
  Layer layer;
  const Tensor x = rows_with_outliers(11), exact = layer.mlp->forward(x);
  pack_layers_int8(layer, [&] { layer.mlp->forward(rows_with_outliers(12)); });
  // Without dividing the columns first, one step for all of them makes this 0.03.
  EXPECT_LT(relative_error(layer.mlp->forward(x), exact), 0.02);
}

// The first token of each picture is a class token, and unlike the others: rows that were taken at an
// even step could be those alone.
TEST(PackLayers, CalibrationMeetsMoreThanClassTokens) {
  if (!has_int8_products() || !can_pack_int8()) GTEST_SKIP() << "no 8-bit products here";
  const at::NoGradGuard no_grad;
  const auto tokens = [](uint64_t sample) {
    Tensor x = test::random_tensor({256, 16, 64}, sample).to(at::kFloat);
    x.select(/*dim=*/1, 0).mul_(0.01);
    return x;
  };
  Layer layer;
  const Tensor x = tokens(11), exact = layer.mlp->forward(x);
  pack_layers_int8(layer, [&] { layer.mlp->forward(tokens(12)); });
  EXPECT_LT(relative_error(layer.mlp->forward(x), exact), 0.02);
}

TEST(PackLayers, LayersThatCalibrationDoesNotReachStayPlain) {
  if (!has_int8_products() || !can_pack_int8()) GTEST_SKIP() << "no 8-bit products here";
  const at::NoGradGuard no_grad;
  Layer layer;
  const Tensor x = rows_with_outliers(11), exact = layer.mlp->forward(x);
  pack_layers_int8(layer, [] {});
  EXPECT_TRUE(at::equal(layer.mlp->forward(x), exact));
}

}  // namespace
}  // namespace mae
