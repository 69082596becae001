// Our kernels against LibTorch's operators in float64, over shapes, types and instruction sets.
#include "mae/ops/self_attention.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "mae/base/kernel_choice.h"
#include "mae/base/random_stream.h"
#include "mae/ops/kernels/attention.h"

namespace mae {
namespace {

Tensor random_tensor(at::IntArrayRef shape, uint64_t sample) {
  RandomStream random(3, "attention-test", 0, sample);
  Tensor tensor = at::empty(shape, at::kDouble);
  for (int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<double>()[i] = random.normal();
  return tensor;
}

struct Size {
  int64_t batch, length, heads, head_dim;
};

// Around the widths of vectors, tiles and blocks of rows; published heads are of 32 to 80.
const std::vector<Size> kSizes = {{1, 1, 1, 1},   {2, 2, 1, 3},    {1, 7, 3, 16},  {2, 17, 2, 32},
                                  {1, 50, 3, 64}, {1, 63, 1, 24},  {1, 64, 2, 33}, {1, 65, 4, 32},
                                  {1, 66, 1, 80}, {1, 130, 2, 20}, {1, 197, 1, 64}};

struct Result {
  Tensor out, grad;
};

Result attend(const Tensor& qkv, int64_t heads, const Tensor& grad_out) {
  const Tensor input = qkv.detach().clone().requires_grad_(true);
  const Tensor out = self_attention(input, heads);
  out.backward(grad_out.to(out.scalar_type()));
  return {out.detach(), input.grad()};
}

double distance(const Tensor& a, const Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

void expect_close(const Size& size, at::ScalarType type, double factor, double tolerance) {
  SCOPED_TRACE(std::to_string(size.length) + " tokens, heads of " + std::to_string(size.head_dim));
  const int64_t D = size.heads * size.head_dim;
  const Tensor qkv = (random_tensor({size.batch, size.length, 3 * D}, 1) * factor).to(type);
  const Tensor grad_out = random_tensor({size.batch, size.length, D}, 2).to(type);
  const Result exact =
      attend(qkv.to(at::kDouble), size.heads, grad_out.to(at::kDouble));  // the plain way
  const Result ours = attend(qkv, size.heads, grad_out);
  EXPECT_EQ(ours.out.scalar_type(), type);
  EXPECT_LT(distance(ours.out, exact.out), tolerance * exact.out.abs().max().item<double>());
  EXPECT_LT(distance(ours.grad, exact.grad), tolerance * exact.grad.abs().max().item<double>());
}

TEST(SelfAttention, FloatEqualsFloat64) {
  for (const Size& size : kSizes) expect_close(size, at::kFloat, 1, 2e-6);
}

TEST(SelfAttention, SharpLogitsKeepTheirPrecision) {
  expect_close({1, 65, 2, 32}, at::kFloat, 6, 2e-5);
}

// One set's kernels for bfloat16, whatever this processor would choose.
Result attend_with(const kernels::AttentionKernels& set, const Tensor& qkv, int64_t heads,
                   const Tensor& grad_out) {
  const int64_t B = qkv.size(0), L = qkv.size(1), D = qkv.size(2) / 3;
  const kernels::AttentionShape shape{B, L, heads, D / heads};
  const auto bits = [](const Tensor& tensor) { return static_cast<uint16_t*>(tensor.data_ptr()); };
  const Tensor out = at::full_like(grad_out, 5), grad = at::full_like(qkv, 5);
  const Tensor logsumexp = at::full({B, heads, L}, 0.0f, at::kFloat);
  const Tensor memory = at::full({kernels::attention_scratch(shape)}, 7.0f, at::kFloat);
  set.forward_bfloat16(shape, bits(qkv), bits(out), logsumexp.data_ptr<float>(), 0,
                       shape.problems(), memory.data_ptr<float>());
  set.backward_bfloat16(shape, bits(qkv), bits(grad_out), logsumexp.data_ptr<float>(), bits(grad),
                        0, shape.problems(), memory.data_ptr<float>());
  return {out, grad};
}

struct Bfloat16Case {
  explicit Bfloat16Case(const Size& size)
      : qkv(random_tensor({size.batch, size.length, 3 * size.heads * size.head_dim}, 1)
                .to(at::kBFloat16)),
        grad_out(random_tensor({size.batch, size.length, size.heads * size.head_dim}, 2)
                     .to(at::kBFloat16)),
        exact(attend(qkv.to(at::kDouble), size.heads, grad_out.to(at::kDouble))),
        text(std::to_string(size.length) + " tokens, heads of " + std::to_string(size.head_dim)) {}
  Tensor qkv, grad_out;
  Result exact;
  std::string text;
};

bool multiplies_pairs(const kernels::AttentionKernels& set) {
  return std::string(set.name) == "avx512-bf16";
}

// Rounding the results is all that bfloat16 adds where products and sums are float.
TEST(SelfAttention, Bfloat16IsRoundedOnce) {
  for (const Size& size : kSizes) {
    const Bfloat16Case data(size);
    SCOPED_TRACE(data.text);
    for (auto set = kernels::all_attention_kernels(); *set != nullptr; ++set) {
      if (multiplies_pairs(**set)) continue;
      SCOPED_TRACE((*set)->name);
      const Result ours = attend_with(**set, data.qkv, size.heads, data.grad_out);
      constexpr double kTolerance = 4.0 / 1024;
      EXPECT_LT(distance(ours.out, data.exact.out),
                kTolerance * data.exact.out.abs().max().item<double>());
      EXPECT_LT(distance(ours.grad, data.exact.grad),
                kTolerance * data.exact.grad.abs().max().item<double>());
    }
  }
}

double root_mean_square(const Tensor& a, const Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).square().mean().sqrt().item<double>();
}

// Where pairs of bfloat16 are multiplied, probabilities are rounded too, as LibTorch does.
TEST(SelfAttention, Bfloat16IsNoFurtherFromTheTruthThanLibTorch) {
  for (const Size& size : kSizes) {
    if (size.length == 1) continue;  // the value itself
    const Bfloat16Case data(size);
    SCOPED_TRACE(data.text);
    const Result ours = attend(data.qkv, size.heads, data.grad_out);
    set_own_kernels(false);
    const Result libtorch = attend(data.qkv, size.heads, data.grad_out);
    set_own_kernels(true);
    EXPECT_EQ(ours.out.scalar_type(), at::kBFloat16);
    EXPECT_LE(root_mean_square(ours.out, data.exact.out),
              1.02 * root_mean_square(libtorch.out, data.exact.out));
    EXPECT_LE(root_mean_square(ours.grad, data.exact.grad),
              1.02 * root_mean_square(libtorch.grad, data.exact.grad));
  }
}

TEST(SelfAttention, NotANumberStaysOneInBfloat16) {
  Tensor qkv = random_tensor({1, 20, 3 * 16}, 7).to(at::kBFloat16);
  qkv[0][13][20] = std::numeric_limits<float>::quiet_NaN();  // in a key
  EXPECT_TRUE(std::isnan(self_attention(qkv, 1).to(at::kFloat).sum().item<float>()));
}

TEST(SelfAttention, EqualsTheOperatorsOfTheSameType) {
  const Tensor qkv = random_tensor({3, 21, 3 * 48}, 3).to(at::kFloat);
  const Tensor grad_out = random_tensor({3, 21, 48}, 4).to(at::kFloat);
  const Result ours = attend(qkv, 3, grad_out);
  set_own_kernels(false);
  const Result plain = attend(qkv, 3, grad_out);
  set_own_kernels(true);
  EXPECT_LT(distance(ours.out, plain.out), 1e-6);
  EXPECT_LT(distance(ours.grad, plain.grad), 5e-6);
}

TEST(SelfAttention, ThreadsChangeNoBit) {
  const Tensor qkv = random_tensor({9, 40, 3 * 32}, 5).to(at::kFloat);
  const Tensor grad_out = random_tensor({9, 40, 32}, 6).to(at::kFloat);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const Result one = attend(qkv, 2, grad_out);
  at::set_num_threads(3);
  const Result three = attend(qkv, 2, grad_out);
  at::set_num_threads(before);
  EXPECT_TRUE(at::equal(one.out, three.out));
  EXPECT_TRUE(at::equal(one.grad, three.grad));
}

TEST(SelfAttention, NotANumberStaysOne) {
  Tensor qkv = random_tensor({1, 20, 3 * 16}, 7).to(at::kFloat);
  qkv[0][13][20] = std::numeric_limits<float>::quiet_NaN();  // in a key
  EXPECT_TRUE(std::isnan(self_attention(qkv, 1).sum().item<float>()));
}

TEST(SelfAttention, EveryInstructionSetComputesTheSame) {
  constexpr int64_t kHeads = 2, kHeadDim = 33, kLength = 70;
  const kernels::AttentionShape shape{2, kLength, kHeads, kHeadDim};
  const Tensor qkv = random_tensor({2, kLength, 3 * kHeads * kHeadDim}, 8).to(at::kFloat);
  const Tensor grad_out = random_tensor({2, kLength, kHeads * kHeadDim}, 9).to(at::kFloat);
  const Result exact = attend(qkv.to(at::kDouble), kHeads, grad_out.to(at::kDouble));
  const Tensor scratch = at::full({kernels::attention_scratch(shape)}, 7.0f);
  for (auto set = kernels::all_attention_kernels(); *set != nullptr; ++set) {
    SCOPED_TRACE((*set)->name);
    const Tensor out = at::full_like(grad_out, 5), grad = at::full_like(qkv, 5);
    const Tensor logsumexp = at::full({2, kHeads, kLength}, 0.0f);
    (*set)->forward_float(shape, qkv.data_ptr<float>(), out.data_ptr<float>(),
                          logsumexp.data_ptr<float>(), 0, shape.problems(),
                          scratch.data_ptr<float>());
    (*set)->backward_float(shape, qkv.data_ptr<float>(), grad_out.data_ptr<float>(),
                           logsumexp.data_ptr<float>(), grad.data_ptr<float>(), 0, shape.problems(),
                           scratch.data_ptr<float>());
    EXPECT_LT(distance(out, exact.out), 2e-6);
    EXPECT_LT(distance(grad, exact.grad), 1e-5);
  }
}

}  // namespace
}  // namespace mae
