// What must hold for MixMIM with any weights.
#include "mae/models/mixmim.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cmath>

#include "golden_case.h"
#include "mae/masking/mask_strategy.h"
#include "mae/models/mixmim_classifier.h"
#include "mae/models/registry.h"
#include "mae/ops/patchify.h"

namespace mae {
namespace {

nlohmann::json mixmim_config() {
  return {{"model", "mixmim"},
          {"img_size", {32, 48}},
          {"patch_size", 1},
          {"encoder_stride", 8},
          {"in_chans", 2},
          {"embed_dim", 8},
          {"depths", {1, 1, 2, 1}},
          {"num_heads", {1, 2, 2, 4}},
          {"window_size", {8, 8, 4, 2}},
          {"mlp_ratio", 2},
          {"decoder_dim", 16},
          {"decoder_depth", 1},
          {"decoder_num_heads", 2}};
}

std::shared_ptr<Mixmim> make(uint64_t seed) {
  auto model = std::dynamic_pointer_cast<Mixmim>(make_masked_model(mixmim_config()));
  model->initialize(seed);
  model->to(at::kDouble);
  return model;
}

Tensor mixmim_images(int64_t batch, const char* name) {
  return test::input_tensor(
      {{"seed", name}, {"shape", {batch, 2, 32, 48}}, {"scale", 4.0}, {"offset", -2.0}});
}

PatchSelection select(const Mixmim& model, const std::vector<uint64_t>& samples) {
  return draw_selection({MaskStrategy::kMixed, 0.5}, model.grid(), 3, 0, samples);
}

double largest_of(const Tensor& difference) { return difference.abs().max().item<double>(); }

TEST(Mixmim, AReversedBatchReversesThePrediction) {
  at::NoGradGuard no_grad;
  const auto model = make(1);
  const PatchSelection s = select(*model, {1, 2, 3, 4});
  const Tensor images = mixmim_images(4, "reverse");
  const PretrainOutput there = model->forward(images, s), back = model->forward(images.flip(0), s);
  EXPECT_LT(largest_of(there.pred - back.pred.flip(0)), 1e-12);
  EXPECT_NEAR(there.loss.item<double>(), back.loss.item<double>(), 1e-12);
}

TEST(Mixmim, NeitherHiddenPixelsNorThePartnerReachTheVisibleCells) {
  at::NoGradGuard no_grad;
  const auto model = make(2);
  const PatchSelection s = select(*model, {1, 2});
  const Tensor images = mixmim_images(2, "leak");
  Tensor patches = patchify(images, model->patch_size());
  patches = patches + s.mask.unsqueeze(-1) * 1000.0;
  const Tensor hidden_changed = unpatchify(patches, model->grid(), model->patch_size(), 2);
  const Tensor other_partner = at::cat({images.slice(0, 0, 1), images.slice(0, 1) + 7});
  const Tensor latent = model->encode(images, &s).tokens[0];
  EXPECT_EQ(latent.size(0), model->grid().area() / 2);
  EXPECT_TRUE(at::equal(latent, model->encode(hidden_changed, &s).tokens[0]));
  EXPECT_TRUE(at::equal(latent, model->encode(other_partner, &s).tokens[0]));
}

// The middle picture of an odd batch is mixed with itself; its own windows still do not look across
// the mask, so that nothing hidden is seen.
TEST(Mixmim, APictureMixedWithItselfIsMaskedAllTheSame) {
  at::NoGradGuard no_grad;
  const auto model = make(3);
  const PatchSelection s = select(*model, {1});
  const Tensor images = mixmim_images(1, "alone");
  Tensor patches = patchify(images, model->patch_size());
  const Tensor changed =
      unpatchify(patches + s.mask.unsqueeze(-1) * 5.0, model->grid(), model->patch_size(), 2);
  const Tensor hidden = s.mask.unsqueeze(-1).to(at::kDouble);
  const Tensor before = model->forward(images, s).pred * hidden;
  EXPECT_TRUE(at::equal(before, model->forward(changed, s).pred * hidden));
  const PatchSelection three = select(*model, {1, 2, 3});
  EXPECT_TRUE(std::isfinite(model->forward(mixmim_images(3, "odd"), three).loss.item<double>()));
}

TEST(Mixmim, MasksOfTheirOwnCountOnlyWhatWasHidden) {
  at::NoGradGuard no_grad;
  const auto model = make(4);
  const Tensor images = mixmim_images(2, "own");
  const PatchSelection first = select(*model, {1}), second = select(*model, {9});
  const PatchSelection s = selection_from_mask(at::cat({first.mask, second.mask}));
  ASSERT_FALSE(at::equal(first.mask, second.mask));
  const PretrainOutput output = model->forward(images, s);
  const Tensor hidden = first.mask[0].unsqueeze(-1).to(at::kDouble);
  const Tensor changed =
      unpatchify(patchify(images, model->patch_size()) + s.mask.unsqueeze(-1) * 5.0, model->grid(),
                 model->patch_size(), 2);
  EXPECT_TRUE(at::equal(output.pred[0] * hidden, model->forward(changed, s).pred[0] * hidden));
}

TEST(Mixmim, MapsHaveFourStrides) {
  at::NoGradGuard no_grad;
  const auto model = make(5);
  EncodeRequest request;
  request.maps = true;
  request.blocks = {5};
  const EncoderOutput output = model->encode(mixmim_images(1, "maps"), nullptr, request);
  ASSERT_EQ(output.maps.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(output.maps[i].sizes(), (std::vector<int64_t>{1, 8 << i, 32 / model->map_strides()[i],
                                                            48 / model->map_strides()[i]}));
  }
  EXPECT_EQ(output.tokens.sizes(), (std::vector<int64_t>{1, 24, 64}));
  EXPECT_EQ(output.blocks[0].sizes(), output.tokens.sizes());
}

TEST(Mixmim, InitialisationIsThePublishedOne) {
  const auto model = make(6);
  const auto p = model->named_parameters();
  const Tensor embed = p["patch_embed.proj.weight"];
  EXPECT_LE(embed.abs().max().item<double>(), 1 / std::sqrt(2.0));
  EXPECT_GT(p["patch_embed.proj.bias"].abs().max().item<double>(), 0);
  EXPECT_NEAR(p["layers.0.blocks.0.attn.relative_position_bias_table"].std().item<double>(), 0.02,
              0.004);
  EXPECT_EQ(p["norm.weight"].min().item<double>(), 1.0);
  EXPECT_EQ(p["decoder_embed.bias"].abs().max().item<double>(), 0.0);
}

TEST(Mixmim, ConfigurationsRoundTripAndWrongOnesAreRefused) {
  const auto model = make(7);
  EXPECT_EQ(make_masked_model(model->config())->config(), model->config());
  for (const nlohmann::json& wrong : {nlohmann::json{{"encoder_stride", 16}},
                                      {{"window_size", {8, 8, 4}}},
                                      {{"window_size", {7, 8, 4, 2}}},
                                      {{"img_size", {36, 48}}},
                                      {{"num_heads", {3, 2, 2, 4}}},
                                      {{"mask_ratio", 0.5}}}) {
    nlohmann::json config = mixmim_config();
    config.update(wrong);
    EXPECT_THROW(make_masked_model(config), UsageError) << wrong;
  }
}

TEST(Mixmim, LargerPicturesGetThePublishedWindows) {
  const ResizeRule& rule = masked_model_kind(mixmim_config()).resize;
  const nlohmann::json base = named_model_config("mixmim-base");
  const nlohmann::json larger = rule.config(base, {384, 384});
  EXPECT_EQ(larger.at("window_size"), (nlohmann::json{16, 16, 24, 12}));
  EXPECT_EQ(rule.config(base, {224, 224}), base);
  StateDict tensors = state_dict(*make(8));
  const nlohmann::json small = mixmim_config(), resized = rule.config(small, {48, 48});
  rule.tensors(small, resized, &tensors);
  load_state_dict(*make_masked_model(resized), tensors, "resized");
}

TEST(Mixmim, LargeHasThePublishedCounts) {
  const nlohmann::json config = named_model_config("mixmim-large");
  const auto large = make_masked_model(config);
  EXPECT_EQ(parameter_count(*large, false), 223468244);
  EXPECT_EQ(parameter_count(*large, true), 222841044);
  const auto classifier = make_classifier_model(classifier_kind_for(config).config_on(config, {}));
  EXPECT_EQ(parameter_count(*classifier, false), 197396668);
}

TEST(MixmimClassifier, LayersFollowThePublishedRule) {
  const auto config =
      classifier_kind_for(mixmim_config()).config_on(mixmim_config(), {5, true, 0.1});
  const auto model = make_classifier_model(config);
  EXPECT_EQ(model->num_layers(), 7);
  EXPECT_EQ(model->layer_id("patch_embed.norm.bias"), 0);
  EXPECT_EQ(model->layer_id("layers.0.blocks.0.norm1.weight"), 1);
  EXPECT_EQ(model->layer_id("layers.0.downsample.norm.weight"), 2);
  EXPECT_EQ(model->layer_id("layers.1.blocks.0.norm1.weight"), 2);
  EXPECT_EQ(model->layer_id("layers.2.blocks.1.mlp.fc1.weight"), 4);
  EXPECT_EQ(model->layer_id("layers.2.downsample.reduction.weight"), 5);
  EXPECT_EQ(model->layer_id("layers.3.blocks.0.attn.qkv.bias"), 5);
  EXPECT_EQ(model->layer_id("norm.weight"), 5);
  EXPECT_EQ(model->layer_id("head.weight"), 5);
  EXPECT_FALSE(model->is_undecayed("layers.0.blocks.0.attn.relative_position_bias_table"));
  EXPECT_EQ(model->block_part("layers.2.blocks.1.mlp.fc1.weight").block, 3);
  EXPECT_EQ(model->block_part("layers.2.downsample.norm.bias").block, -1);
}

TEST(MixmimClassifier, StartsFromAPretrainedEncoder) {
  at::NoGradGuard no_grad;
  const auto pretrained = make(9);
  pretrained->to(at::kFloat);
  const ClassifierKind& kind = classifier_kind_for(pretrained->config());
  const nlohmann::json config = kind.config_on(pretrained->config(), {5, true, 0.1});
  const auto model = make_classifier_model(config);
  model->initialize(1);
  StateDict tensors = state_dict(*pretrained);
  std::vector<std::string> fresh = kind.take_encoder(config, &tensors);
  fresh.emplace_back("head.");
  load_state_dict(*model, tensors, "encoder", fresh);
  const Tensor images = mixmim_images(2, "start").to(at::kFloat);
  EXPECT_TRUE(at::equal(model->forward_features(images),
                        pretrained->encode(images).tokens.mean(/*dim=*/1)));
}

}  // namespace
}  // namespace mae
