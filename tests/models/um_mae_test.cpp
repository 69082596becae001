// What must hold for UM-MAE with any weights, on both pyramids.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "golden_case.h"
#include "mae/base/error.h"
#include "mae/masking/mask_strategy.h"
#include "mae/masking/uniform_mask.h"
#include "mae/models/pvt_classifier.h"
#include "mae/models/registry.h"
#include "mae/models/swin_classifier.h"
#include "mae/models/um_mae_pvt.h"
#include "mae/models/um_mae_swin.h"
#include "mae/ops/patchify.h"

namespace mae {
namespace {

nlohmann::json pvt_config() {
  return {{"model", "um_mae_pvt"},
          {"img_size", {32, 64}},
          {"patch_size", 2},
          {"stride", 8},
          {"in_chans", 2},
          {"embed_dims", {8, 8, 16, 16}},
          {"depths", {1, 1, 2, 1}},
          {"num_heads", {1, 2, 2, 4}},
          {"mlp_ratios", {2, 2, 2, 2}},
          {"sr_ratios", {4, 2, 1, 1}},
          {"decoder_embed_dim", 16},
          {"decoder_depth", 1},
          {"decoder_num_heads", 2}};
}

nlohmann::json swin_config() {
  return {{"model", "um_mae_swin"}, {"img_size", {32, 64}},
          {"patch_size", 2},        {"stride", 8},
          {"in_chans", 2},          {"embed_dim", 8},
          {"depths", {2, 1, 2, 1}}, {"num_heads", {1, 2, 2, 4}},
          {"mlp_ratio", 2},         {"window_size", 4},
          {"posmlp_dim", 4},        {"decoder_embed_dim", 16},
          {"decoder_depth", 1},     {"decoder_num_heads", 2}};
}

Tensor um_mae_images(int64_t batch, const char* name) {
  return test::input_tensor(
             {{"seed", name}, {"shape", {batch, 2, 32, 64}}, {"scale", 4.0}, {"offset", -2.0}})
      .to(at::kFloat);
}

class UmMaeProperties : public testing::TestWithParam<nlohmann::json> {
 protected:
  std::shared_ptr<UmMae> make(uint64_t seed, const nlohmann::json& changes = {}) const {
    nlohmann::json config = GetParam();
    if (!changes.is_null()) config.update(changes);
    auto model = std::dynamic_pointer_cast<UmMae>(make_masked_model(config));
    model->initialize(seed);
    return model;
  }
  static PatchSelection select(const MaskedModel& model, const std::vector<uint64_t>& samples) {
    return draw_selection({MaskStrategy::kUniform, 0.75, 0.25}, model.grid(), 3, 0, samples);
  }
};

TEST_P(UmMaeProperties, OnlyShownPixelsReachTheLatent) {
  at::NoGradGuard no_grad;
  const auto model = make(1);
  const PatchSelection s = select(*model, {5, 6});
  const Tensor images = um_mae_images(2, "leak");
  const auto changed_where = [&](const Tensor& where) {
    const Tensor patches = patchify(images, model->patch_size()) + where.unsqueeze(-1) * 1000.0;
    return unpatchify(patches, model->grid(), model->patch_size(), 2);
  };
  const Tensor latent = model->encode(images, &s).tokens;
  const Tensor unseen = s.mask + s.token_mask;
  EXPECT_GT(s.token_mask.sum().item<float>(), 0);
  EXPECT_TRUE(at::equal(latent, model->encode(changed_where(unseen), &s).tokens));
  EXPECT_FALSE(at::equal(latent, model->encode(changed_where(1 - unseen), &s).tokens));
  EXPECT_TRUE(at::equal(model->decode(latent, s), model->decode(latent, s)));
}

TEST_P(UmMaeProperties, TheStagesRunOnAQuarterOfTheCells) {
  at::NoGradGuard no_grad;
  const auto model = make(2);
  const PatchSelection s = select(*model, {1, 2, 3});
  const EncoderOutput seen = model->encode(um_mae_images(3, "cells"), &s, {{1, 2}});
  EXPECT_EQ(seen.blocks[0].size(1), 8 * 16);
  EXPECT_EQ(seen.tokens.sizes(), (std::vector<int64_t>{3, 2, model->embed_dim()}));
}

TEST_P(UmMaeProperties, SamplesDoNotSeeEachOther) {
  at::NoGradGuard no_grad;
  const auto model = make(3);
  model->to(at::kDouble);
  const Tensor images = um_mae_images(3, "batch").to(at::kDouble);
  const Tensor together = model->forward(images, select(*model, {1, 2, 3})).pred[1];
  const Tensor alone = model->forward(images.slice(0, 1, 2), select(*model, {2})).pred[0];
  EXPECT_LT((together - alone).abs().max().item<double>(), 1e-12);
}

TEST_P(UmMaeProperties, WholePicturesGiveMapsOfFourStrides) {
  at::NoGradGuard no_grad;
  const auto model = make(4);
  EncodeRequest request;
  request.maps = true;
  const EncoderOutput output = model->encode(um_mae_images(2, "maps"), nullptr, request);
  ASSERT_EQ(output.maps.size(), 4u);
  EXPECT_EQ(model->map_strides(), (std::vector<int64_t>{2, 4, 8, 16}));
  for (size_t s = 0; s < 4; ++s) {
    const int64_t stride = model->map_strides()[s];
    EXPECT_EQ(output.maps[s].size(2), 32 / stride);
    EXPECT_EQ(output.maps[s].size(3), 64 / stride);
  }
  EXPECT_EQ(output.tokens.sizes(), (std::vector<int64_t>{2, 8, model->embed_dim()}));
  const PatchSelection s = select(*model, {1, 2});
  EXPECT_THROW(model->encode(um_mae_images(2, "maps"), &s, request), UsageError);
}

TEST_P(UmMaeProperties, MasksWithoutOneVisibleOfFourAreRefused) {
  const auto model = make(5);
  const auto random = draw_selection({MaskStrategy::kRandom, 0.75}, model->grid(), 1, 0, {1, 2, 3});
  EXPECT_THROW(model->encode(um_mae_images(3, "wrong"), &random), UsageError);
  EXPECT_THROW(model->check_masking(MaskStrategy::kRandom), UsageError);
  EXPECT_NO_THROW(model->check_masking(model->default_masking().strategy));
  EXPECT_EQ(model->default_masking().vis_mask_ratio, 0.25);
}

TEST_P(UmMaeProperties, WithoutASecondMaskThereIsNoToken) {
  const auto model = make(6, {{"vis_mask_ratio", 0.0}});
  EXPECT_EQ(model->named_parameters().find("vis_mask_token"), nullptr);
  const auto s = draw_selection({MaskStrategy::kUniform, 0.75}, model->grid(), 1, 0, {1});
  EXPECT_TRUE(std::isfinite(model->forward(um_mae_images(1, "none"), s).loss.item<double>()));
}

TEST_P(UmMaeProperties, InitialisationIsThePublishedOne) {
  const auto model = make(7);
  const auto p = model->named_parameters();
  const auto bound = [&](const char* name) { return p[name].abs().max().item<double>(); };
  EXPECT_LE(bound("patch_embed.proj.weight"), std::sqrt(6.0 / (8 + 8)));
  EXPECT_GT(bound("patch_embed.proj.weight"), 0.9 * std::sqrt(6.0 / (8 + 8)));
  EXPECT_EQ(bound("patch_embed.proj.bias"), 0.0);
  EXPECT_EQ(bound("decoder_pred.bias"), 0.0);
  EXPECT_EQ(p["norm.weight"].min().item<double>(), 1.0);
  const std::string first = GetParam().at("model") == "um_mae_pvt" ? "1" : "2";
  const Tensor conv = p["blocks." + first + ".downsample.proj.weight"];
  EXPECT_NEAR(conv.std().item<double>(), std::sqrt(2.0 / (4.0 * conv.size(0))),
              0.25 * conv.std().item<double>());
}

TEST_P(UmMaeProperties, ConfigurationsRoundTripAndEncodersStandAlone) {
  const auto model = make(8, {{"decoder_pos_order", "consistent"}});
  EXPECT_EQ(make_masked_model(model->config())->config(), model->config());
  const auto encoder = make(8, {{"decoder_embed_dim", 0}});
  EXPECT_FALSE(encoder->has_decoder());
  EXPECT_EQ(encoder->named_parameters().find("mask_token"), nullptr);
}

TEST_P(UmMaeProperties, SizesThatDoNotFitAreRefused) {
  for (const nlohmann::json& wrong : {nlohmann::json{{"img_size", {40, 64}}},
                                      {{"stride", 6}},
                                      {{"depths", {1, 1}}},
                                      {{"num_heads", {3, 2, 2, 4}}},
                                      {{"vis_mask_ratio", 1.0}},
                                      {{"decoder_pos_order", "sorted"}},
                                      {{"decoder_num_heads", 3}},
                                      {{"window", 3}}}) {
    nlohmann::json config = GetParam();
    config.update(wrong);
    EXPECT_THROW(make_masked_model(config), UsageError) << wrong;
  }
}

TEST_P(UmMaeProperties, OtherPictureSizesKeepTheWeights) {
  nlohmann::json config = GetParam();
  const ResizeRule& rule = masked_model_kind(config).resize;
  const nlohmann::json larger = rule.config(config, {64, 64});
  StateDict tensors = state_dict(*make(9));
  rule.tensors(config, larger, &tensors);
  load_state_dict(*make_masked_model(larger), tensors, "resized");
}

INSTANTIATE_TEST_SUITE_P(Pyramids, UmMaeProperties, testing::Values(pvt_config(), swin_config()),
                         [](const auto& info) { return info.index == 0 ? "Pvt" : "Swin"; });

// What the mended order does to the losses of the golden cases, as the specification measured it.
TEST(UmMaeDecoder, TheConsistentOrderGivesTheMeasuredLosses) {
  const auto loss_of = [](const char* file, const nlohmann::json& order) {
    std::ifstream stream(std::string(MAE_TESTS_DIR "/golden/") + file);
    const nlohmann::json test_case = nlohmann::json::parse(stream);
    nlohmann::json config = test_case.at("config");
    config["model"] = test_case.at("model");
    config["decoder_pos_order"] = order;
    const auto model = make_masked_model(config);
    test::fill_from_names(*model);
    const Tensor positions =
        test::input_tensor(test_case.at("inputs").at("mask")).to(at::kLong).flatten(1);
    const Tensor mask = positions.new_ones({positions.size(0), model->grid().area()});
    const int64_t columns = model->grid().width / 2;
    for (int64_t b = 0; b < positions.size(0); ++b) {
      for (int64_t group = 0; group < positions.size(1); ++group) {
        const auto position = positions[b][group].item<int64_t>();
        mask[b][(group / columns * 2 + position / 2) * model->grid().width + group % columns * 2 +
                position % 2] = 0;
      }
    }
    PatchSelection s = selection_from_mask(mask);
    s.token_mask = secondary_mask(s.mask, test::input_tensor(test_case.at("inputs").at("noise")),
                                  config.at("vis_mask_ratio"));
    return model->forward(test::input_tensor(test_case.at("inputs").at("image")), s)
        .loss.item<double>();
  };
  EXPECT_NEAR(loss_of("um_mae_pvt.json", "reference"), 3.932429, 1e-6);
  EXPECT_NEAR(loss_of("um_mae_pvt.json", "consistent"), 3.930937, 1e-6);
  EXPECT_NEAR(loss_of("um_mae_swin.json", "consistent"), 3.778326, 1e-6);
}

// Sizes without a table of their own; the specification counted the published classes.
TEST(NamedSizes, HaveThePublishedCounts) {
  const auto base = make_masked_model(named_model_config("um-mae-swin-base"));
  EXPECT_EQ(parameter_count(*base, false), 95621496);
  EXPECT_EQ(parameter_count(*base, true), 95490424);
  const auto classifier_on = [](const char* name) {
    const nlohmann::json config = named_model_config(name);
    return make_classifier_model(classifier_kind_for(config).config_on(config, {}));
  };
  EXPECT_EQ(parameter_count(*classifier_on("um-mae-swin-base"), false), 87715808);
  EXPECT_EQ(parameter_count(*classifier_on("um-mae-swin-large"), false), 196473052);
}

TEST(PyramidClassifiers, StartFromAPretrainedEncoder) {
  for (const nlohmann::json& encoder : {pvt_config(), swin_config()}) {
    const auto pretrained = make_masked_model(encoder);
    pretrained->initialize(1);
    const ClassifierKind& kind = classifier_kind_for(pretrained->config());
    const nlohmann::json config = kind.config_on(pretrained->config(), {5, true, 0.1});
    const auto model = make_classifier_model(config);
    model->initialize(2);
    StateDict tensors = state_dict(*pretrained);
    std::vector<std::string> fresh = kind.take_encoder(config, &tensors);
    fresh.emplace_back("head.");
    load_state_dict(*model, tensors, "encoder", fresh);
    // The classifier's stages are those the encoder runs on whole pictures.
    at::NoGradGuard no_grad;
    EncodeRequest request;
    request.blocks = {pretrained->depth()};
    const Tensor last = pretrained->encode(um_mae_images(2, "start"), nullptr, request).blocks[0];
    const auto as_encoder = make_masked_model(config);
    load_state_dict(*as_encoder, state_dict(*model), "classifier");
    EXPECT_TRUE(at::equal(as_encoder->encode(um_mae_images(2, "start")).tokens, last));
    EXPECT_THROW(kind.config_on(pretrained->config(), {5, false, 0.1}), UsageError);
  }
}

TEST(PyramidClassifiers, EveryBlockIsALayer) {
  const auto config = classifier_kind_for(pvt_config()).config_on(pvt_config(), {5, true, 0.1});
  const auto model = make_classifier_model(config);
  EXPECT_EQ(model->num_layers(), 7);
  EXPECT_EQ(model->layer_id("patch_embed.proj.weight"), 0);
  EXPECT_EQ(model->layer_id("pos_embed"), 0);
  EXPECT_EQ(model->layer_id("blocks.1.downsample.proj.weight"), 2);
  EXPECT_EQ(model->layer_id("blocks.4.mlp.fc1.bias"), 5);
  EXPECT_EQ(model->layer_id("fc_norm.weight"), 6);
  EXPECT_EQ(model->layer_id("head.bias"), 6);
}

TEST(PyramidClassifiers, FrozenBlocksGetNoGradient) {
  for (const nlohmann::json& encoder : {pvt_config(), swin_config()}) {
    const auto config = classifier_kind_for(encoder).config_on(encoder, {3, true, 0.1});
    const auto model = make_classifier_model(config);
    model->initialize(1);
    model->freeze_blocks(2);
    EXPECT_THROW(model->freeze_blocks(99), UsageError);
    model->forward(um_mae_images(2, "frozen")).sum().backward();
    for (const auto& item : model->named_parameters()) {
      const int64_t block = model->block_part(item.key()).block;
      const bool frozen = model->layer_id(item.key()) == 0 || (block >= 0 && block < 2);
      EXPECT_EQ(item.value().grad().defined(), !frozen) << item.key();
    }
  }
}

}  // namespace
}  // namespace mae
