// Recomputed blocks leave the same bits behind as kept ones.
#include "mae/nn/recompute.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "mae/nn/transformer_block.h"

namespace mae {
namespace {

/// Numbers between -0.3 and 0.3 that differ from one `number` to the next.
Tensor waves(at::IntArrayRef shape, int number) {
  int64_t count = 1;
  for (const int64_t side : shape) count *= side;
  return (at::arange(count, at::kFloat) * (0.37 + 0.01 * number)).sin().reshape(shape) * 0.3;
}

/// Gradients of two blocks, and of what they get, by name.
std::vector<Tensor> gradients(bool recomputed, bool keeps_input, int* calls) {
  TransformerBlock first({16, 2}), second({16, 2});
  int number = 0;
  std::vector<Tensor> parameters = first.parameters();
  for (const Tensor& more : second.parameters()) parameters.push_back(more);
  for (Tensor& parameter : parameters) {
    const c10::NoGradGuard no_grad;
    parameter.copy_(waves(parameter.sizes(), ++number));
  }
  Tensor x = waves({2, 5, 16}, 99);
  x.requires_grad_(!keeps_input);
  {
    const RecomputeGuard guard(recomputed);
    Tensor y = recompute(
        [calls](const Tensor& t) {
          ++*calls;
          return t * t;
        },
        x);
    y = second.forward(first.forward(y));
    (y * y).sum().backward();
  }
  std::vector<Tensor> found;
  for (const Tensor& parameter : parameters) found.push_back(parameter.grad());
  if (!keeps_input) found.push_back(x.grad());
  return found;
}

void expect_equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].defined() && at::equal(a[i], b[i])) << i;
}

TEST(Recompute, LeavesTheSameGradients) {
  int kept = 0, twice = 0;
  expect_equal(gradients(false, false, &kept), gradients(true, false, &twice));
  EXPECT_EQ(kept, 1);
  EXPECT_EQ(twice, 2);
}

TEST(Recompute, KeepsWhatHasNoGradientBelow) {
  int kept = 0, twice = 0;
  expect_equal(gradients(false, true, &kept), gradients(true, true, &twice));
  EXPECT_EQ(twice, 1);  // nothing to be saved by computing the first block again
}

TEST(Recompute, IsOffWithoutGradients) {
  const RecomputeGuard guard(true);
  const c10::NoGradGuard no_grad;
  int calls = 0;
  const Tensor x = waves({2, 3}, 1).requires_grad_(true);
  const Tensor y = recompute(
      [&](const Tensor& t) {
        ++calls;
        return t + 1;
      },
      x);
  EXPECT_FALSE(y.requires_grad());
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace mae
