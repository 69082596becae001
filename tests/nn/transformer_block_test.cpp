// The fused attention against its slow twin, and stochastic depth's factors.
#include "mae/nn/transformer_block.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "support/random_tensor.h"

namespace mae {
namespace {

using test::random_tensor;

template <typename Module>
void randomize(Module& module) {
  module.to(at::kDouble);
  at::NoGradGuard no_grad;
  uint64_t i = 100;
  for (auto& p : module.parameters()) p.copy_(random_tensor(p.sizes(), ++i));
}

TEST(PatchEmbed, EqualsTheConvolution) {
  PatchEmbed embed({2, 3}, 3, 8);
  randomize(embed);
  const Tensor images = random_tensor({2, 3, 6, 9}, 1);
  const auto parameters = embed.named_parameters();
  Tensor expected =
      at::conv2d(images, parameters["proj.weight"], parameters["proj.bias"], /*stride=*/{2, 3});
  expected = expected.flatten(2).transpose(1, 2);
  EXPECT_TRUE(at::allclose(embed.forward(images), expected, 1e-12, 1e-12));
}

TEST(Attention, OwnBiasesOfQueryAndValueEqualABiasWithoutKeys) {
  Attention split(12, 3, true, /*key_bias=*/false), whole(12, 3, true);
  randomize(split);
  randomize(whole);
  auto from = split.named_parameters(), to = whole.named_parameters();
  ASSERT_EQ(from.size(), 5U);
  EXPECT_EQ(from.find("qkv.bias"), nullptr);
  {
    at::NoGradGuard no_grad;
    for (const char* name : {"qkv.weight", "proj.weight", "proj.bias"}) to[name].copy_(from[name]);
    to["qkv.bias"].zero_();
    to["qkv.bias"].slice(0, 0, 12).copy_(from["q_bias"]);
    to["qkv.bias"].slice(0, 24).copy_(from["v_bias"]);
  }
  const Tensor x = random_tensor({2, 7, 12}, 4);
  EXPECT_TRUE(at::equal(split.forward(x), whole.forward(x)));
  EXPECT_TRUE(at::equal(split.attention_map(x), whole.attention_map(x)));
  split.forward(x).sum().backward();
  EXPECT_TRUE(from["q_bias"].grad().defined() && from["v_bias"].grad().defined());
  EXPECT_EQ(Attention(12, 3, false, false).named_parameters().find("q_bias"), nullptr);
}

TEST(Attention, FusedKernelEqualsTheMapTimesValues) {
  Attention attention(12, 3, true);
  randomize(attention);
  const Tensor x = random_tensor({2, 7, 12}, 2);
  const auto p = attention.named_parameters();
  const Tensor v = at::linear(x, p["qkv.weight"], p["qkv.bias"])
                       .slice(-1, 24)
                       .reshape({2, 7, 3, 4})
                       .transpose(1, 2);
  const Tensor map = attention.attention_map(x);
  EXPECT_TRUE(at::allclose(map.sum(-1), at::zeros({}, at::kDouble).add(1), 1e-12, 1e-12));
  const Tensor y = at::matmul(map, v).transpose(1, 2).reshape({2, 7, 12});
  const Tensor expected = at::linear(y, p["proj.weight"], p["proj.bias"]);
  EXPECT_TRUE(at::allclose(attention.forward(x), expected, 1e-11, 1e-11));
}

TEST(TransformerBlock, DroppedBranchesLeaveTheSampleAsItIs) {
  TransformerBlock block({12, 3, 2.0, true, 1e-6});
  randomize(block);
  const Tensor x = random_tensor({2, 5, 12}, 3);
  Tensor scale = at::zeros({2, 2}, at::kDouble);
  scale.select(1, 1).fill_(1.0);  // sample 0 drops both branches, sample 1 keeps them
  const Tensor y = block.forward(x, scale);
  EXPECT_TRUE(at::equal(y[0], x[0]));
  EXPECT_TRUE(at::allclose(y[1], block.forward(x)[1], 1e-13, 1e-13));
  scale.select(1, 1).fill_(2.0);
  EXPECT_FALSE(at::allclose(block.forward(x, scale)[1], block.forward(x)[1]));
}

}  // namespace
}  // namespace mae
