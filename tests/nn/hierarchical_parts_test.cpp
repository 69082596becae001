// The parts of hierarchical models against plain convolutions and explicit soft-maxes.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "mae/masking/patch_selection.h"
#include "mae/nn/biased_attention.h"
#include "mae/nn/branch_scale.h"
#include "mae/nn/mae_decoder.h"
#include "mae/nn/masked_conv_block.h"
#include "mae/ops/grid_ops.h"
#include "mae/ops/pos_embed.h"
#include "support/random_tensor.h"

namespace mae {
namespace {

using test::random_tensor;

void randomize(Module& module) {
  module.to(at::kDouble);
  at::NoGradGuard no_grad;
  uint64_t i = 100;
  for (auto& p : module.parameters()) p.copy_(random_tensor(p.sizes(), ++i));
}

bool close(const Tensor& a, const Tensor& b) { return at::allclose(a, b, 1e-10, 1e-12); }

/// softmax(q k^T / sqrt(d) + bias) v, written out.
Tensor slow_attention(const Module& module, const Tensor& x, const Tensor& bias, int64_t N) {
  const auto p = module.named_parameters();
  const int64_t B = x.size(0), L = x.size(1), D = x.size(2);
  const Tensor qkv = at::linear(x, p["qkv.weight"], p["qkv.bias"])
                         .reshape({B, L, 3, N, D / N})
                         .permute({2, 0, 3, 1, 4});
  Tensor logits = at::matmul(qkv[0], qkv[1].transpose(-2, -1)) / std::sqrt(double(D / N));
  const Tensor y = at::matmul(at::softmax(logits + bias, -1), qkv[2]);
  return at::linear(y.transpose(1, 2).reshape({B, L, D}), p["proj.weight"], p["proj.bias"]);
}

TEST(RelPosAttention, EqualsTheExplicitSoftmaxWithItsGradient) {
  for (const auto type : {at::kDouble, at::kFloat}) {
    RelPosAttention attention(8, 2, true, {2, 3});
    randomize(attention);
    attention.to(type);
    const Tensor x = random_tensor({3, 6, 8}, 1).to(type);
    const Tensor index = relative_position_index({2, 3});
    const Tensor bias = attention.bias_at(index);
    ASSERT_EQ(bias.sizes().vec(), (std::vector<int64_t>{2, 6, 6}));
    Tensor table = attention.named_parameters()["relative_position_bias_table"];
    EXPECT_EQ(bias[1][0][5].item<double>(), table[index[0][5].item<int64_t>()][1].item<double>());
    const Tensor fast = attention.forward(x, bias), slow = slow_attention(attention, x, bias, 2);
    const double tolerance = type == at::kDouble ? 1e-10 : 1e-4;
    EXPECT_TRUE(at::allclose(fast, slow, tolerance, tolerance));
    fast.square().sum().backward();
    const Tensor gradient = table.grad().clone();
    table.grad().zero_();
    slow_attention(attention, x, attention.bias_at(index), 2).square().sum().backward();
    EXPECT_TRUE(at::allclose(gradient, table.grad(), tolerance, tolerance));
  }
}

TEST(RelPosAttention, AnIndexASampleGivesABiasASample) {
  RelPosAttention attention(8, 2, true, {2, 3});
  randomize(attention);
  const Tensor index = relative_position_index({2, 3});
  const Tensor two = at::tensor({int64_t{0}, int64_t{4}});
  const Tensor part = index.index_select(0, two).index_select(1, two);
  const Tensor bias = attention.bias_at(part.unsqueeze(0).expand({3, 2, 2}));
  EXPECT_EQ(bias.sizes().vec(), (std::vector<int64_t>{3, 2, 2, 2}));
  const Tensor x = random_tensor({3, 2, 8}, 2);
  EXPECT_TRUE(close(attention.forward(x, bias), slow_attention(attention, x, bias, 2)));
}

TEST(BiasedBlock, WithoutTableAndBiasIsTheTransformerBlock) {
  BlockOptions options;
  options.dim = 8;
  options.num_heads = 2;
  BiasedBlock block(options, {0, 0});
  TransformerBlock plain(options);
  randomize(block);
  randomize(plain);
  const Tensor x = random_tensor({2, 5, 8}, 3), scale = random_tensor({2, 2}, 4);
  EXPECT_TRUE(close(block.forward(x, {}, scale), plain.forward(x, scale)));
}

TEST(PatchConv, EqualsTheConvolution) {
  PatchConv conv(3, 5, {2, 4});
  randomize(conv);
  const Tensor x = random_tensor({2, 4, 8, 3}, 5);
  const Tensor expected = at::conv2d(x.permute({0, 3, 1, 2}), conv.weight, conv.bias, {2, 4});
  EXPECT_TRUE(close(conv.forward(x), expected.permute({0, 2, 3, 1})));
  PatchConv pointwise(3, 5);
  randomize(pointwise);
  EXPECT_TRUE(close(
      pointwise.forward(x),
      at::conv2d(x.permute({0, 3, 1, 2}), pointwise.weight, pointwise.bias).permute({0, 2, 3, 1})));
}

TEST(PatchMerge, NormalizesFourCellsAndHalvesTheirChannels) {
  PatchMerge merge(3, 1e-6);
  randomize(merge);
  const auto p = merge.named_parameters();
  const Tensor x = random_tensor({2, 2, 4, 3}, 6);
  const Tensor y = merge.forward(x);
  ASSERT_EQ(y.sizes().vec(), (std::vector<int64_t>{2, 1, 2, 6}));
  Tensor cells = at::zeros({12}, at::kDouble);
  const int64_t order[4][2] = {{0, 2}, {1, 2}, {0, 3}, {1, 3}};
  for (int64_t i = 0; i < 4; ++i)
    cells.slice(0, 3 * i, 3 * i + 3).copy_(x[1][order[i][0]][order[i][1]]);
  const Tensor centred = cells - cells.mean();
  const Tensor normal = centred / (centred.square().mean() + 1e-6).sqrt();
  const Tensor expected =
      at::matmul(p["reduction.weight"], normal * p["norm.weight"] + p["norm.bias"]);
  EXPECT_TRUE(close(y[1][0][1], expected));
}

TEST(VisibleCells, GoToTheirPlaceAndBack) {
  const Tensor ids = at::tensor({int64_t{5}, int64_t{0}}).reshape({1, 2});
  const VisibleCells visible(ids, {2, 3}, {2, 2});
  const Tensor units = random_tensor({2, 2, 2, 1}, 7);
  const Tensor grid = visible.to_grid(units);
  ASSERT_EQ(grid.sizes().vec(), (std::vector<int64_t>{1, 4, 6, 1}));
  EXPECT_TRUE(at::equal(grid.slice(1, 2, 4).slice(2, 4, 6)[0], units[0]));
  EXPECT_TRUE(at::equal(grid.slice(1, 0, 2).slice(2, 0, 2)[0], units[1]));
  EXPECT_EQ(grid.ne(0).sum().item<int64_t>(), 8);
  EXPECT_TRUE(at::equal(visible.from_grid(grid), units));
}

// As published: all cells are computed, and hidden ones count as zeros at the depthwise
// convolution.
Tensor dense_block(const Module& block, const Tensor& x, const Tensor& shown) {
  const auto p = block.named_parameters();
  const auto conv = [&](const Tensor& t, const std::string& name) {
    return at::conv2d(t, p[name + ".weight"], p[name + ".bias"]);
  };
  const auto norm = [&](const Tensor& t, const std::string& name) {
    const Tensor cells = t.permute({0, 2, 3, 1});
    const Tensor centred = cells - cells.mean(-1, true);
    const Tensor normal = centred / (centred.square().mean(-1, true) + 1e-5).sqrt();
    return (normal * p[name + ".weight"] + p[name + ".bias"]).permute({0, 3, 1, 2});
  };
  const auto gelu = [](const Tensor& t) { return t * ((t / std::sqrt(2.0)).erf() + 1) / 2; };
  const Tensor y = conv(norm(x, "norm1"), "conv1") * shown;
  const Tensor mixed = at::conv2d(y, p["attn.weight"], p["attn.bias"], {1, 1},
                                  at::IntArrayRef{2, 2}, {1, 1}, x.size(1));
  const Tensor z = x + conv(mixed, "conv2");
  return z + conv(gelu(conv(norm(z, "norm2"), "mlp.fc1")), "mlp.fc2");
}

TEST(MaskedConvBlock, VisibleUnitsAloneEqualThePublishedDensePass) {
  MaskedConvBlock block(3, 4.0, 1e-5);
  randomize(block);
  const Size2d grid{2, 3}, cells{2, 4};
  const PatchSelection s = random_masking(random_tensor({2, 6}, 8), 0.5);
  const VisibleCells visible(s.ids_keep, grid, cells);
  Tensor x = random_tensor({2, 4, 12, 3}, 9).requires_grad_();
  const Tensor shown = 1 - enlarge_mask(s.mask, grid, cells).unsqueeze(1);
  const Tensor dense =
      dense_block(block, x.permute({0, 3, 1, 2}), shown.to(at::kDouble)).permute({0, 2, 3, 1});
  const Tensor few = block.forward(visible.from_grid(x), &visible);
  EXPECT_TRUE(close(few, visible.from_grid(dense)));
  // The gradients agree too, and nothing flows to hidden cells.
  visible.from_grid(dense).square().sum().backward();
  const Tensor slow = x.grad().clone(),
               slow_weight = block.named_parameters()["attn.weight"].grad().clone();
  x.mutable_grad() = Tensor();
  for (Tensor& parameter : block.parameters()) parameter.mutable_grad() = Tensor();
  few.square().sum().backward();
  EXPECT_TRUE(close(x.grad(), slow));
  EXPECT_TRUE(close(block.named_parameters()["attn.weight"].grad(), slow_weight));
  EXPECT_EQ((x.grad() * (1 - shown).squeeze(1).unsqueeze(-1)).abs().sum().item<double>(), 0);
}

TEST(MaskedConvBlock, WithoutMaskIsTheDensePass) {
  MaskedConvBlock block(3, 4.0, 1e-5);
  randomize(block);
  const Tensor x = random_tensor({2, 5, 6, 3}, 10);
  const Tensor shown = at::zeros({1}, at::kDouble).add(1);
  EXPECT_TRUE(close(block.forward(x),
                    dense_block(block, x.permute({0, 3, 1, 2}), shown).permute({0, 2, 3, 1})));
}

TEST(BranchScale, DropsAndScalesWholeSamples) {
  const Tensor uniform = at::tensor({0.0, 0.89, 0.9, 0.99}, at::kDouble).reshape({2, 2});
  const Tensor factors = branch_factors(uniform, 0.1);
  EXPECT_TRUE(
      close(factors, at::tensor({1 / 0.9, 1 / 0.9, 0.0, 0.0}, at::kDouble).reshape({2, 2})));
  const Tensor x = random_tensor({2, 3, 2, 2}, 11);
  EXPECT_TRUE(close(scale_branch(x, factors, 0), x / 0.9));
  EXPECT_EQ(scale_branch(x, factors, 1).abs().sum().item<double>(), 0);
  EXPECT_TRUE(at::equal(scale_branch(x, {}, 1), x));
  EXPECT_DOUBLE_EQ(drop_path_rate_of(0.3, 1, 4), 0.1);
  EXPECT_EQ(drop_path_rate_of(0.3, 0, 1), 0.0);
  EXPECT_FALSE(block_branch_scale(uniform.unsqueeze(0), 0.3, 0, 4).defined());
}

struct Owner : Module {};

DecoderOptions small_decoder(int64_t pixel_shuffle) {
  DecoderOptions o;
  o.latent_dim = 6;
  o.grid = {2, 4};
  o.patch_values = 5;
  o.block.dim = 8;
  o.block.num_heads = 2;
  o.depth = 1;
  o.pixel_shuffle = pixel_shuffle;
  return o;
}

TEST(MaeDecoder, UnshuffledTokensStandInRasterOrder) {
  Owner owner;
  const MaeDecoder decoder(owner, small_decoder(1));
  randomize(owner);
  const auto p = owner.named_parameters();
  const PatchSelection s = random_masking(random_tensor({1, 8}, 12), 0.5);
  const Tensor latent = random_tensor({1, 4, 6}, 13);
  const Tensor x = decoder.assemble_unshuffled(latent, s.ids_restore);
  const Tensor lifted = at::linear(latent, p["decoder_embed.weight"], p["decoder_embed.bias"]);
  for (int64_t j = 0; j < 8; ++j) {
    const int64_t place = s.ids_restore[0][j].item<int64_t>();
    const Tensor token = place < 4 ? lifted[0][place] : p["mask_token"][0][0];
    EXPECT_TRUE(close(x[0][j], token + p["decoder_pos_embed"][0][j])) << j;
  }
  EXPECT_EQ(decoder.predict(x).sizes().vec(), (std::vector<int64_t>{1, 8, 5}));
  EXPECT_TRUE(at::equal(decoder.predict(decoder.run_blocks(x, 0, 1), 1), decoder.predict(x)));
}

TEST(MaeDecoder, AppendedTokensAreLiftedAndPlacedByTheirIds) {
  Owner owner;
  const MaeDecoder decoder(owner, small_decoder(2));
  randomize(owner);
  const auto p = owner.named_parameters();
  const Tensor latent = random_tensor({1, 1, 6}, 14);
  const Tensor visible =
      at::tensor({int64_t{1}, int64_t{2}, int64_t{7}, int64_t{4}}).reshape({1, 4});
  const Tensor hidden =
      at::tensor({int64_t{0}, int64_t{3}, int64_t{5}, int64_t{6}}).reshape({1, 4});
  const Tensor x = decoder.assemble_appended(latent, {1, 1}, visible, hidden);
  const Tensor lifted = at::linear(latent, p["decoder_embed.weight"], p["decoder_embed.bias"]);
  for (int64_t j = 0; j < 4; ++j) {
    const Tensor token = lifted[0][0].reshape({8, 4}).select(1, j);  // cell j of the 2 x 2
    EXPECT_TRUE(close(x[0][j], token + p["decoder_pos_embed"][0][visible[0][j].item<int64_t>()]));
    EXPECT_TRUE(close(x[0][4 + j], p["mask_token"][0][0] +
                                       p["decoder_pos_embed"][0][hidden[0][j].item<int64_t>()]));
  }
}

TEST(MaeDecoder, DualTokensHideOneHalfEach) {
  Owner owner;
  const MaeDecoder decoder(owner, small_decoder(1));
  randomize(owner);
  const auto p = owner.named_parameters();
  const Tensor latent = random_tensor({2, 8, 6}, 15);
  const Tensor hidden = at::tensor({1, 0, 1, 1, 0, 0, 0, 1}).reshape({1, 8});
  const Tensor x = decoder.assemble_dual(latent, hidden);
  ASSERT_EQ(x.size(0), 4);
  const Tensor lifted = at::linear(latent, p["decoder_embed.weight"], p["decoder_embed.bias"]);
  for (int64_t row = 0; row < 4; ++row) {
    for (int64_t j = 0; j < 8; ++j) {
      const bool masked = (hidden[0][j].item<int>() == 1) == (row < 2);
      const Tensor token = masked ? p["mask_token"][0][0] : lifted[row % 2][j];
      EXPECT_TRUE(close(x[row][j], token + p["decoder_pos_embed"][0][j]));
    }
  }
}

TEST(MaeDecoder, ItsTableIsSineCosineAndFrozen) {
  Owner owner;
  const MaeDecoder decoder(owner, small_decoder(1));
  const Tensor table = owner.named_parameters()["decoder_pos_embed"];
  EXPECT_FALSE(table.requires_grad());
  EXPECT_TRUE(at::equal(table[0], sincos_pos_embed(8, {2, 4}, false).to(at::kFloat)));
}

}  // namespace
}  // namespace mae
