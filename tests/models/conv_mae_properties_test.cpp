// What must hold of ConvMAE and FastConvMAE for any weights: no leak, complementary masks as single
// ones, maps, layers, the mixture of reconstructors.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "golden_case.h"
#include "mae/base/error.h"
#include "mae/masking/complementary_mask.h"
#include "mae/models/classifier_as_encoder.h"
#include "mae/models/conv_vit_classifier.h"
#include "mae/models/fast_conv_mae.h"
#include "mae/models/registry.h"
#include "mae/ops/patchify.h"

namespace mae {
namespace {

template <typename Options>
Options conv_options() {
  Options o;
  o.img_size = {32, 48};
  o.patch_size = {8, 8};
  o.in_chans = 2;
  o.embed_dim = {8, 12, 24};
  o.depth = {1, 1, 2};
  o.num_heads = 3;
  return o;
}

template <typename Options>
Options small_mae() {
  auto o = conv_options<Options>();
  o.decoder_embed_dim = 16;
  o.decoder_depth = 2;
  o.decoder_num_heads = 2;
  return o;
}

Tensor conv_images(int64_t batch) {
  return test::input_tensor(
      {{"seed", "conv"}, {"shape", {batch, 2, 32, 48}}, {"scale", 4.0}, {"offset", -2.0}});
}

Tensor noise_of(int64_t batch) {
  return test::input_tensor({{"seed", "conv noise"}, {"shape", {batch, 24}}});
}

template <typename Model>
void fill(Model& model) {
  model.initialize(3);
  model.to(at::kDouble);
}

TEST(ConvMaeProperties, HiddenPixelsDoNotReachTheLatent) {
  at::NoGradGuard no_grad;
  ConvMae model(small_mae<ConvMaeOptions>());
  fill(model);
  const PatchSelection s = random_masking(noise_of(2), 0.75);
  const Tensor images = conv_images(2);
  const auto changed = [&](const Tensor& where) {
    const Tensor patches = patchify(images, model.patch_size()) + where.unsqueeze(-1) * 7.0;
    return unpatchify(patches, model.grid(), model.patch_size(), 2);
  };
  const Tensor latent = model.encode(images, &s).tokens;
  EXPECT_TRUE(at::equal(latent, model.encode(changed(s.mask), &s).tokens));
  EXPECT_FALSE(at::allclose(latent, model.encode(changed(1 - s.mask), &s).tokens));
}

TEST(ConvMaeProperties, AllUnitsVisibleEqualTheWholeGrid) {
  at::NoGradGuard no_grad;
  ConvMae model(small_mae<ConvMaeOptions>());
  fill(model);
  const PatchSelection s = random_masking(noise_of(2), 0.0);
  const Tensor raster = model.encode(conv_images(2), nullptr).tokens;
  const Tensor shuffled = model.encode(conv_images(2), &s).tokens;
  for (int64_t b = 0; b < 2; ++b)
    EXPECT_TRUE(at::allclose(shuffled[b], raster[b].index_select(0, s.ids_keep[b]), 1e-10, 1e-12));
}

TEST(FastConvMaeProperties, IsTheMeanOfFourConvMaes) {
  FastConvMae model(small_mae<FastConvMaeOptions>());
  fill(model);
  const Tensor images = conv_images(2);
  const PatchSelection all = complementary_masking(noise_of(2), 0.75);
  ASSERT_EQ(all.mask.size(0), 8);
  const PretrainOutput together = model.forward(images, all);
  double sum = 0;
  for (int64_t k = 0; k < 4; ++k) {
    const auto rows = [&](const Tensor& t) { return t.slice(/*dim=*/0, 2 * k, 2 * k + 2); };
    const PatchSelection one{rows(all.ids_keep), rows(all.ids_restore), rows(all.mask)};
    const PretrainOutput single = model.forward(images, one);
    EXPECT_TRUE(at::allclose(rows(together.pred), single.pred, 1e-10, 1e-12));
    sum += single.loss.item<double>();
  }
  EXPECT_NEAR(together.loss.item<double>(), sum / 4, 1e-12);
}

TEST(ConvMaeProperties, MapsOfFourStridesOfWholePictures) {
  at::NoGradGuard no_grad;
  ConvMae model(small_mae<ConvMaeOptions>());
  fill(model);
  EncodeRequest request;
  request.maps = true;
  const EncoderOutput output = model.encode(conv_images(1), nullptr, request);
  ASSERT_EQ(model.map_strides(), (std::vector<int64_t>{2, 4, 8, 16}));
  ASSERT_EQ(output.maps.size(), 4u);
  const int64_t channels[] = {8, 12, 24, 24};
  for (size_t i = 0; i < 4; ++i) {
    const int64_t stride = model.map_strides()[i];
    EXPECT_EQ(output.maps[i].sizes().vec(),
              (std::vector<int64_t>{1, channels[i], 32 / stride, 48 / stride}));
  }
  const PatchSelection s = random_masking(noise_of(1), 0.75);
  EXPECT_THROW(model.encode(conv_images(1), &s, request), UsageError);
  request = {};
  request.attention = true;
  EXPECT_THROW(model.encode(conv_images(1), nullptr, request), UsageError);
}

TEST(ConvMaeProperties, TokensOfStageThreeOnRequest) {
  at::NoGradGuard no_grad;
  ConvMae model(small_mae<ConvMaeOptions>());
  fill(model);
  EncodeRequest request;
  request.blocks = {2, 1};
  const EncoderOutput output = model.encode(conv_images(1), nullptr, request);
  ASSERT_EQ(output.blocks.size(), 2u);
  EXPECT_EQ(output.blocks[0].sizes().vec(), (std::vector<int64_t>{1, 24, 24}));
  EXPECT_FALSE(at::allclose(output.blocks[0], output.blocks[1]));
}

TEST(ConvVitClassifier, LayersAreThePublishedOnes) {
  const ConvVitClassifier model(conv_options<ConvVitClassifierOptions>());
  EXPECT_EQ(model.depth(), 4);
  EXPECT_EQ(model.num_layers(), 4);
  for (const char* name : {"pos_embed", "patch_embed1.proj.weight", "patch_embed4.bias",
                           "blocks1.0.attn.weight", "blocks2.0.mlp.fc1.weight"})
    EXPECT_EQ(model.layer_id(name), 0) << name;
  EXPECT_EQ(model.layer_id("blocks3.0.norm1.bias"), 1);
  EXPECT_EQ(model.layer_id("blocks3.1.attn.qkv.weight"), 2);
  EXPECT_EQ(model.layer_id("head.weight"), 3);
  EXPECT_EQ(model.layer_id("fc_norm.bias"), 3);
  EXPECT_EQ(model.block_part("blocks3.1.mlp.fc1.bias").block, 3);
  EXPECT_EQ(model.block_part("blocks2.0.mlp.fc1.bias").rest, "mlp.fc1.bias");
  EXPECT_TRUE(model.is_undecayed("pos_embed"));
}

TEST(ConvVitClassifier, FrozenBlocksGiveNoGradientAndTheSameNumbers) {
  ConvVitClassifier model(conv_options<ConvVitClassifierOptions>());
  fill(model);
  const Tensor before = model.forward(conv_images(2));
  model.freeze_blocks(3);
  const Tensor logits = model.forward(conv_images(2));
  EXPECT_TRUE(at::equal(before, logits));
  logits.sum().backward();
  const auto parameters = model.named_parameters();
  EXPECT_FALSE(parameters["patch_embed3.proj.weight"].grad().defined());
  EXPECT_FALSE(parameters["blocks3.0.norm1.weight"].grad().defined());
  EXPECT_TRUE(parameters["blocks3.1.norm1.weight"].grad().defined());
  EXPECT_THROW(model.freeze_blocks(5), UsageError);
}

TEST(ConvVitClassifier, AsAnEncoderItGivesWhatItsHeadSees) {
  at::NoGradGuard no_grad;
  const auto classifier =
      std::make_shared<ConvVitClassifier>(conv_options<ConvVitClassifierOptions>());
  ClassifierAsEncoder<ConvVitClassifier> encoder(classifier);
  EXPECT_EQ(encoder.named_parameters().size(), classifier->named_parameters().size());
  fill(*classifier);
  const Tensor tokens = encoder.encode(conv_images(2), nullptr, {}).tokens;
  EXPECT_TRUE(at::allclose(encoder.pooled_features(tokens, Pool::kMean),
                           classifier->forward_features(conv_images(2)), 1e-10, 1e-12));
}

TEST(FastConvMaeProperties, EmaReconstructorAddsItsLossAndMovesItsTeacher) {
  auto options = small_mae<FastConvMaeOptions>();
  options.ema_reconstructor = true;
  options.private_decoder_depth = 1;
  options.ema_momentum = 0.5;
  FastConvMae model(options);
  fill(model);
  FastConvMae plain(small_mae<FastConvMaeOptions>());
  fill(plain);
  const Tensor images = conv_images(2);
  const PatchSelection s = complementary_masking(noise_of(2), 0.75);
  model.train();
  const PretrainOutput output = model.forward(images, s), pixels = plain.forward(images, s);
  EXPECT_TRUE(at::allclose(output.pred, pixels.pred, 1e-10, 1e-12));
  EXPECT_GT(output.loss.item<double>(), pixels.loss.item<double>() + 0.1);
  output.loss.backward();
  const auto parameters = model.named_parameters();
  EXPECT_TRUE(parameters["ema_reconstructor.blocks.0.norm1.weight"].grad().defined());
  EXPECT_FALSE(parameters["teacher.norm.weight"].requires_grad());
  {
    at::NoGradGuard no_grad;
    Tensor weight = parameters["patch_embed4.weight"];
    weight.add_(1.0);
    const Tensor teacher = parameters["teacher.patch_embed4.weight"].clone();
    model.eval();
    model.forward(images, s);
    EXPECT_TRUE(at::equal(parameters["teacher.patch_embed4.weight"], teacher));
    model.train();
  }
  model.forward(images, s);
  EXPECT_TRUE(at::allclose(parameters["teacher.patch_embed4.weight"],
                           parameters["patch_embed4.weight"] - 0.5));
}

TEST(ConvMaeConfig, OneNumberStandsForAllStages) {
  const ConvMaeOptions o = nlohmann::json{{"embed_dim", 96}, {"depth", 4}, {"mlp_ratio", 2}};
  EXPECT_EQ(o.embed_dim, (std::vector<int64_t>{32, 48, 96}));
  EXPECT_EQ(o.depth, (std::vector<int64_t>{2, 2, 4}));
  EXPECT_EQ(o.mlp_ratio, (std::vector<double>{2, 2, 2}));
}

TEST(ConvMaeConfig, RefusesWhatCannotBeBuilt) {
  const nlohmann::json base = named_model_config("conv-mae-base");
  const auto expect_refused = [&](const nlohmann::json& change) {
    nlohmann::json config = base;
    config.update(change);
    EXPECT_THROW(make_masked_model(config), UsageError) << change;
  };
  expect_refused({{"patch_size", {6, 6}}});
  expect_refused({{"patch_size", {16, 8}}});
  expect_refused({{"patch_size", {4, 2, 4}}});
  expect_refused({{"img_size", {224, 112, 28}}});
  expect_refused({{"img_size", {230, 224}}});
  expect_refused({{"embed_dim", {256, 384}}});
  expect_refused({{"embed_dim", 100}});
  expect_refused({{"num_heads", 5}});
  expect_refused({{"depth", {2, 2, 0}}});
  expect_refused({{"decoder_num_heads", 7}});
  expect_refused({{"embed_dims", {1, 2, 3}}});
}

TEST(ConvMaeRegistry, AnEncoderGoesToAClassifierOfAnotherPictureSize) {
  nlohmann::json config = ConvMaeOptions(small_mae<ConvMaeOptions>());
  config["model"] = "conv_mae";
  const auto model = make_masked_model(config);
  model->initialize(1);
  StateDict tensors = state_dict(*model);
  const MaskedModelKind& kind = masked_model_kind(config);
  const nlohmann::json larger = kind.resize.config(config, {64, 48});
  kind.resize.tensors(config, larger, &tensors);
  const ClassifierKind& classifier_kind = classifier_kind_for(config);
  const nlohmann::json on = classifier_kind.config_on(larger, {5, true, 0.2});
  const auto classifier = make_classifier_model(on);
  classifier->initialize(1);
  auto fresh = classifier_kind.take_encoder(on, &tensors);
  fresh.emplace_back("head.");
  load_state_dict(*classifier, tensors, "test", fresh);
  EXPECT_EQ(classifier->num_classes(), 5);
  EXPECT_EQ(classifier->img_size(), (Size2d{64, 48}));
  EXPECT_TRUE(at::equal(classifier->named_parameters()["blocks1.0.attn.weight"],
                        model->named_parameters()["blocks1.0.attn.weight"]));
  EXPECT_THROW(classifier_kind.config_on(larger, {5, false, 0.2}), UsageError);
}

}  // namespace
}  // namespace mae
