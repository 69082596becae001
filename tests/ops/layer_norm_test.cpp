// Norms and residual sums by our kernels against LibTorch's operators in float64, over shapes,
// types and instruction sets, forward and backward.
#include "mae/ops/layer_norm.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "mae/base/kernel_choice.h"
#include "mae/ops/kernels/token_rows.h"
#include "support/random_tensor.h"

namespace mae {
namespace {

constexpr double kEps = 1e-6;

struct Bfloat16Products {
  Bfloat16Products() { set(true); }
  ~Bfloat16Products() { set(false); }
  static void set(bool on) {
    at::autocast::set_autocast_enabled(at::kCPU, on);
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  }
};

struct NormResult {
  Tensor sum, out;
  Tensor grad_x, grad_branch, grad_weight, grad_bias;
};

struct NormInputs {
  Tensor x, branch, weight, bias, grad_sum, grad_out;
};

NormInputs inputs_of(int64_t rows, int64_t columns) {
  const auto numbers = [&](uint64_t sample) {
    return test::random_tensor({2, rows, columns}, sample);
  };
  return {numbers(1) * 3 + 0.5,
          numbers(2),
          test::random_tensor({columns}, 3) + 1.0,
          test::random_tensor({columns}, 4),
          numbers(5),
          numbers(6)};
}

// branch_type  Undefined: the norm alone
NormResult norm_with_grads(const NormInputs& given, at::ScalarType type,
                           at::ScalarType branch_type) {
  const auto leaf = [](const Tensor& tensor, at::ScalarType as) {
    return tensor.to(as).clone().requires_grad_(true);
  };
  const Tensor x = leaf(given.x, type), weight = leaf(given.weight, type),
               bias = leaf(given.bias, type);
  NormResult result;
  if (branch_type == at::ScalarType::Undefined) {
    result.out = layer_norm(x, {weight, bias, kEps});
    result.out.backward(given.grad_out.to(result.out.scalar_type()));
  } else {
    const Tensor branch = leaf(given.branch, branch_type);
    std::tie(result.sum, result.out) = add_layer_norm(x, branch, {weight, bias, kEps});
    const Tensor loss = (result.sum * given.grad_sum.to(type)).sum() +
                        (result.out.to(type) * given.grad_out.to(type)).sum();
    loss.backward();
    result.grad_branch = branch.grad();
  }
  result.grad_x = x.grad();
  result.grad_weight = weight.grad();
  result.grad_bias = bias.grad();
  return result;
}

double error_of(const Tensor& found, const Tensor& exact) {
  return ((found.to(at::kDouble) - exact).abs().max() / exact.abs().max()).item<double>();
}

void expect_close(const NormResult& found, const NormResult& exact, double tolerance) {
  EXPECT_LT(error_of(found.out.detach(), exact.out.detach()), tolerance);
  EXPECT_LT(error_of(found.grad_x, exact.grad_x), tolerance);
  EXPECT_LT(error_of(found.grad_weight, exact.grad_weight), tolerance);
  EXPECT_LT(error_of(found.grad_bias, exact.grad_bias), tolerance);
  if (!exact.sum.defined()) return;
  EXPECT_LT(error_of(found.sum.detach(), exact.sum.detach()), tolerance);
  EXPECT_LT(error_of(found.grad_branch, exact.grad_branch), tolerance);
}

// Around the widths of vectors.
const std::vector<std::pair<int64_t, int64_t>> kShapes = {
    {1, 1}, {3, 5}, {2, 16}, {7, 31}, {5, 48}, {17, 96}, {40, 128}, {9, 200}, {50, 768}};

TEST(LayerNorm, EqualsFloat64) {
  for (const auto& [rows, columns] : kShapes) {
    if (columns == 1) continue;  // a constant row: its gradient is 0 and nothing to divide by
    SCOPED_TRACE(std::to_string(rows) + " x " + std::to_string(columns));
    const NormInputs given = inputs_of(rows, columns);
    for (const at::ScalarType branch : {at::ScalarType::Undefined, at::kFloat}) {
      const auto plain = branch == at::kFloat ? at::kDouble : branch;
      expect_close(norm_with_grads(given, at::kFloat, branch),
                   norm_with_grads(given, at::kDouble, plain), 2e-5);
    }
  }
}

// Under autocast the sum stays float32 and the normed rows come out as products read them.
TEST(LayerNorm, RoundsOnceForProductsInBfloat16) {
  for (const auto& [rows, columns] : kShapes) {
    if (columns < 16) continue;
    SCOPED_TRACE(std::to_string(rows) + " x " + std::to_string(columns));
    NormInputs given = inputs_of(rows, columns);
    given.branch = given.branch.to(at::kBFloat16).to(at::kDouble);
    given.grad_out = given.grad_out.to(at::kBFloat16).to(at::kDouble);
    const NormResult exact = norm_with_grads(given, at::kDouble, at::kDouble);
    const Bfloat16Products autocast;
    const NormResult found = norm_with_grads(given, at::kFloat, at::kBFloat16);
    EXPECT_EQ(found.out.scalar_type(), at::kBFloat16);
    EXPECT_EQ(found.sum.scalar_type(), at::kFloat);
    EXPECT_EQ(found.grad_branch.scalar_type(), at::kBFloat16);
    EXPECT_LT(error_of(found.sum.detach(), exact.sum.detach()), 1e-6);
    EXPECT_TRUE(at::equal(found.grad_branch, found.grad_x.to(at::kBFloat16)));
    expect_close(found, exact, 4e-3);  // half a unit of the last of 8 bits
  }
}

TEST(LayerNorm, ThreadsChangeNoBit) {
  const NormInputs given = inputs_of(301, 96);
  const int before = at::get_num_threads();
  std::vector<NormResult> results;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    results.push_back(norm_with_grads(given, at::kFloat, at::kFloat));
  }
  at::set_num_threads(before);
  for (size_t i = 1; i < results.size(); ++i) {
    EXPECT_TRUE(at::equal(results[i].out, results[0].out));
    EXPECT_TRUE(at::equal(results[i].grad_x, results[0].grad_x));
    EXPECT_TRUE(at::equal(results[i].grad_weight, results[0].grad_weight));
    EXPECT_TRUE(at::equal(results[i].grad_bias, results[0].grad_bias));
  }
}

TEST(LayerNorm, OneOfTwoGradientsIsEnough) {
  const NormInputs given = inputs_of(4, 32);
  for (const bool of_sum : {true, false}) {
    const auto run = [&](at::ScalarType type) {
      const Tensor x = given.x.to(type).clone().requires_grad_(true);
      const Tensor weight = given.weight.to(type), bias = given.bias.to(type);
      const auto [sum, out] = add_layer_norm(x, given.branch.to(type), {weight, bias, kEps});
      (of_sum ? sum : out).backward(given.grad_out.to(type));
      return x.grad();
    };
    EXPECT_LT(error_of(run(at::kFloat), run(at::kDouble)), 2e-5);
  }
}

TEST(LayerNorm, PlainKernelsAreLibTorchs) {
  const NormInputs given = inputs_of(6, 64);
  set_own_kernels(false);
  const NormResult plain = norm_with_grads(given, at::kFloat, at::kFloat);
  set_own_kernels(true);
  expect_close(norm_with_grads(given, at::kFloat, at::kFloat),
               norm_with_grads(given, at::kDouble, at::kDouble), 2e-5);
  EXPECT_LT(
      error_of(plain.out.detach(), norm_with_grads(given, at::kDouble, at::kDouble).out.detach()),
      2e-5);
}

TEST(AddBranch, MixedTypesGiveTheWiderOne) {
  const Tensor x = test::random_tensor({3, 41}, 1).to(at::kFloat).requires_grad_(true);
  const Tensor branch = test::random_tensor({3, 41}, 2).to(at::kBFloat16).requires_grad_(true);
  const Tensor sum = add_branch(x, branch);
  EXPECT_TRUE(at::equal(sum.detach(), x.detach() + branch.detach()));
  const Tensor grad = test::random_tensor({3, 41}, 3).to(at::kFloat);
  sum.backward(grad);
  EXPECT_TRUE(at::equal(x.grad(), grad));
  EXPECT_TRUE(at::equal(branch.grad(), grad.to(at::kBFloat16)));
}

// Every set that this processor has; the rest of this file runs the fastest.
TEST(TokenRowKernels, EverySetRoundsAndNormalisesAlike) {
  constexpr int64_t kRows = 3, kColumns = 37;
  const Tensor x = (test::random_tensor({kRows, kColumns}, 1) * 4).to(at::kFloat);
  const Tensor inverse = (test::random_tensor({kColumns}, 2).abs() * 60).to(at::kFloat);
  const Tensor weight = test::random_tensor({kColumns}, 3).to(at::kFloat);
  const Tensor bytes = (x * inverse + 128).round().clamp(0, 255).to(at::kByte);
  const Tensor normed =
      layer_norm(x.to(at::kDouble), {weight.to(at::kDouble), weight.to(at::kDouble), kEps});
  for (const auto* const* set = kernels::all_token_row_kernels(); *set; ++set) {
    SCOPED_TRACE((*set)->name);
    std::vector<uint8_t> whole(kRows * kColumns + 1, 77);  // one more, which must stay
    (*set)->round_float(
        {kColumns, x.data_ptr<float>(), inverse.data_ptr<float>(), 128, whole.data()}, 0, kRows);
    for (int64_t i = 0; i < kRows * kColumns; ++i)
      ASSERT_NEAR(whole[static_cast<size_t>(i)], bytes.data_ptr<uint8_t>()[i], 1) << i;
    EXPECT_EQ(whole.back(), 77);
    std::vector<float> out(kRows * kColumns + 1, 77);
    const float *from = x.data_ptr<float>(), *scale = weight.data_ptr<float>();
    (*set)->norm_float(
        {kColumns, 1e-6f, from, nullptr, nullptr, scale, scale, out.data(), nullptr, nullptr}, 0,
        kRows);
    for (int64_t i = 0; i < kRows * kColumns; ++i)
      ASSERT_NEAR(out[static_cast<size_t>(i)], normed.data_ptr<double>()[i], 1e-5) << i;
    EXPECT_EQ(out.back(), 77);
  }
}

}  // namespace
}  // namespace mae
