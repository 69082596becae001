// What must hold for any weights: hidden pixels cannot leak, samples do not see each other,
// initialisation is as published.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cmath>

#include "golden_case.h"
#include "mae/masking/mask_strategy.h"
#include "mae/models/mae.h"
#include "mae/models/vit_classifier.h"
#include "mae/ops/patchify.h"

namespace mae {
namespace {

MaeOptions small_options() {
  MaeOptions o;
  o.img_size = {16, 24};
  o.patch_size = {4, 8};
  o.in_chans = 2;
  o.embed_dim = 24;
  o.depth = 2;
  o.num_heads = 3;
  o.decoder_embed_dim = 16;
  o.decoder_depth = 1;
  o.decoder_num_heads = 2;
  return o;
}

Tensor mae_images(int64_t batch, const char* name) {
  return test::input_tensor(
             {{"seed", name}, {"shape", {batch, 2, 16, 24}}, {"scale", 4.0}, {"offset", -2.0}})
      .to(at::kFloat);
}

TEST(MaeProperties, HiddenPixelsDoNotReachTheLatent) {
  at::NoGradGuard no_grad;
  Mae model(small_options());
  model.initialize(1);
  const PatchSelection s = draw_selection({MaskStrategy::kRandom, 0.5}, model.grid(), 1, 0, {5, 6});
  const Tensor images = mae_images(2, "leak");
  Tensor patches = patchify(images, model.patch_size());
  patches = patches + s.mask.unsqueeze(-1) * 1000.0;
  const Tensor changed = unpatchify(patches, model.grid(), model.patch_size(), 2);
  ASSERT_FALSE(at::equal(images, changed));
  const Tensor latent = model.encode(images, &s).tokens;
  EXPECT_TRUE(at::equal(latent, model.encode(changed, &s).tokens));
  EXPECT_TRUE(at::equal(model.decode(latent, s.ids_restore), model.forward(changed, s).pred));
}

TEST(MaeProperties, SamplesDoNotSeeEachOther) {
  at::NoGradGuard no_grad;
  Mae model(small_options());
  model.initialize(2);
  model.to(at::kDouble);
  const Tensor images = mae_images(3, "batch").to(at::kDouble);
  const PatchSelection s =
      draw_selection({MaskStrategy::kRandom, 0.5}, model.grid(), 1, 0, {1, 2, 3});
  const PatchSelection one = draw_selection({MaskStrategy::kRandom, 0.5}, model.grid(), 1, 0, {2});
  const Tensor together = model.forward(images, s).pred[1];
  const Tensor alone = model.forward(images.slice(0, 1, 2), one).pred[0];
  EXPECT_LT((together - alone).abs().max().item<double>(), 1e-13);
}

TEST(MaeProperties, NothingHiddenGivesRasterOrder) {
  at::NoGradGuard no_grad;
  Mae model(small_options());
  model.initialize(3);
  const EncoderOutput output = model.encode(mae_images(2, "raster"), nullptr, {{2}, true});
  EXPECT_EQ(output.tokens.sizes(), (std::vector<int64_t>{2, 13, 24}));
  EXPECT_EQ(output.blocks[0].sizes(), output.tokens.sizes());
  EXPECT_EQ(output.attention.sizes(), (std::vector<int64_t>{2, 3, 12}));
}

TEST(MaeProperties, InitialisationIsThePublishedOne) {
  MaeOptions o = small_options();
  o.embed_dim = 96;
  Mae model(o);
  model.initialize(7);
  const auto p = model.named_parameters();
  const auto bound = [&](const char* name) { return p[name].abs().max().item<double>(); };
  EXPECT_NEAR(bound("blocks.0.attn.qkv.weight"), std::sqrt(6.0 / (96 + 288)), 1e-3);
  EXPECT_NEAR(bound("patch_embed.proj.weight"), std::sqrt(6.0 / (96 + 64)), 1e-3);
  EXPECT_LE(bound("patch_embed.proj.bias"), 1.0 / std::sqrt(64.0));
  EXPECT_GT(bound("patch_embed.proj.bias"), 0.5 / std::sqrt(64.0));
  EXPECT_EQ(bound("blocks.1.mlp.fc1.bias"), 0.0);
  EXPECT_EQ(p["norm.weight"].min().item<double>(), 1.0);
  EXPECT_NEAR(p["cls_token"].std().item<double>(), 0.02, 0.006);
  Mae again(o), other(o);
  again.initialize(7);
  other.initialize(8);
  EXPECT_TRUE(at::equal(again.named_parameters()["mask_token"], p["mask_token"]));
  EXPECT_FALSE(at::equal(other.named_parameters()["mask_token"], p["mask_token"]));
}

TEST(VitClassifierProperties, FrozenBlocksGetNoGradient) {
  VitClassifierOptions o;
  static_cast<VitOptions&>(o) = small_options();
  o.num_classes = 3;
  VitClassifier model(o);
  model.initialize(1);
  model.freeze_blocks(1);
  model.forward(mae_images(2, "frozen")).sum().backward();
  for (const auto& item : model.named_parameters()) {
    const bool frozen = item.key().rfind("blocks.0.", 0) == 0 ||
                        item.key().rfind("patch_embed.", 0) == 0 || item.key() == "cls_token" ||
                        item.key() == "pos_embed";
    EXPECT_EQ(item.value().grad().defined(), !frozen) << item.key();
  }
}

}  // namespace
}  // namespace mae
