// Copied rows against LibTorch's gather: the same bits, forward and backward.
#include "mae/ops/gather_tokens.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <vector>

#include "mae/base/kernel_choice.h"
#include "mae/base/random_stream.h"
#include "support/random_tensor.h"

namespace mae {
namespace {

struct Gathered {
  Tensor out, grad;
};

Gathered gather(const Tensor& tokens, const Tensor& ids, const Tensor& grad_out, bool own) {
  set_own_kernels(own);
  const Tensor leaf = tokens.detach().clone().requires_grad_(true);
  const Tensor out = gather_tokens(leaf.transpose(0, 1), ids);  // strides that are not in order
  out.backward(grad_out);
  set_own_kernels(true);
  return {out.detach(), leaf.grad()};
}

Tensor random_ids(int64_t B, int64_t K, int64_t L, uint64_t sample) {
  RandomStream random(4, "gather-test", 0, sample);
  const Tensor ids = at::empty({B, K}, at::kLong);
  for (int64_t i = 0; i < ids.numel(); ++i) ids.data_ptr<int64_t>()[i] = random.below(L);
  return ids;
}

struct GatherSize {
  int64_t B, L, K, D;
};

TEST(GatherTokens, EqualsGatherOverTypesAndShapes) {
  for (const GatherSize& s : std::vector<GatherSize>{
           {1, 1, 1, 1}, {3, 7, 2, 5}, {40, 17, 17, 96}, {2, 9, 0, 4}, {5, 4, 30, 33}}) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kBFloat16}) {
      SCOPED_TRACE(s.K);
      const Tensor tokens = test::random_tensor({s.L, s.B, s.D}, 1).to(type);
      const Tensor grad_out = test::random_tensor({s.B, s.K, s.D}, 2).to(type);
      const Tensor ids = random_ids(s.B, s.K, s.L, 3);  // some more than once
      const Gathered ours = gather(tokens, ids, grad_out, true);
      const Gathered plain = gather(tokens, ids, grad_out, false);
      EXPECT_TRUE(at::equal(ours.out, plain.out));
      EXPECT_TRUE(at::equal(ours.grad, plain.grad));
    }
  }
}

TEST(GatherTokens, EachTokenOnceOrNotAtAll) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kBFloat16}) {
    const Tensor tokens = test::random_tensor({5, 2, 33}, 8).to(type);
    for (const Tensor& ids : {at::tensor({3, 0, 1, 4, 2, 2, 4, 0, 1, 3}, at::kLong).view({2, 5}),
                              at::tensor({4, 1, 0, 3}, at::kLong).view({2, 2})}) {
      const Tensor grad_out = test::random_tensor({2, ids.size(1), 33}, 9).to(type);
      const Gathered ours = gather(tokens, ids, grad_out, true);
      const Gathered plain = gather(tokens, ids, grad_out, false);
      EXPECT_TRUE(at::equal(ours.out, plain.out));
      EXPECT_TRUE(at::equal(ours.grad, plain.grad));
    }
  }
}

TEST(GatherTokens, OneTableForAllSamples) {
  const Tensor table = test::random_tensor({1, 6, 8}, 5).to(at::kFloat).requires_grad_(true);
  const Tensor ids = random_ids(4, 3, 6, 6);
  gather_tokens(table.expand({4, -1, -1}), ids).sum().backward();
  Tensor counts = at::empty({6}, at::kFloat).zero_();
  for (int64_t i = 0; i < ids.numel(); ++i) counts[ids.data_ptr<int64_t>()[i]] += 1;
  EXPECT_TRUE(at::equal(table.grad().select(0, 0).select(1, 0), counts));
}

TEST(GatherTokens, IdsOutsideAreRefused) {
  const Tensor tokens = test::random_tensor({1, 3, 2}, 7);
  EXPECT_THROW(gather_tokens(tokens, at::tensor({3}, at::kLong).view({1, 1})), c10::IndexError);
  EXPECT_THROW(gather_tokens(tokens, at::tensor({-1}, at::kLong).view({1, 1})), c10::IndexError);
}

}  // namespace
}  // namespace mae
