// What must hold of HiViT for any weights: no leak, order of units, maps, layers, other sizes.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "golden_case.h"
#include "mae/base/error.h"
#include "mae/models/hivit_classifier.h"
#include "mae/models/hivit_mae.h"
#include "mae/models/registry.h"
#include "mae/ops/patchify.h"

namespace mae {
namespace {

template <typename Options>
Options hivit_options() {
  Options o;
  o.img_size = {24, 32};
  o.patch_size = {8, 8};
  o.in_chans = 2;
  o.embed_dim = 16;
  o.depths = {1, 1, 2};
  o.num_heads = 2;
  return o;
}

HivitMaeOptions small_mae(bool hifeat, bool rpe) {
  auto o = hivit_options<HivitMaeOptions>();
  o.hifeat = hifeat;
  o.rpe = rpe;
  o.decoder_embed_dim = 16;
  o.decoder_depth = 1;
  o.decoder_num_heads = 2;
  return o;
}

Tensor hivit_images(int64_t batch) {
  return test::input_tensor(
      {{"seed", "hivit"}, {"shape", {batch, 2, 24, 32}}, {"scale", 4.0}, {"offset", -2.0}});
}

PatchSelection selection_of(int64_t batch, double ratio) {
  return random_masking(test::input_tensor({{"seed", "units"}, {"shape", {batch, 12}}}), ratio);
}

TEST(HivitProperties, HiddenPixelsDoNotReachTheLatent) {
  at::NoGradGuard no_grad;
  for (const bool hifeat : {false, true}) {
    HivitMae model(small_mae(hifeat, /*rpe=*/!hifeat));
    test::fill_from_names(model);
    const PatchSelection s = selection_of(2, 0.5);
    const Tensor images = hivit_images(2);
    const auto changed = [&](const Tensor& where) {
      const Tensor patches = patchify(images, model.patch_size()) + where.unsqueeze(-1) * 7.0;
      return unpatchify(patches, model.grid(), model.patch_size(), 2);
    };
    const Tensor latent = model.encode(images, &s).tokens;
    EXPECT_TRUE(at::equal(latent, model.encode(changed(s.mask), &s).tokens));
    EXPECT_FALSE(at::allclose(latent, model.encode(changed(1 - s.mask), &s).tokens));
  }
}

TEST(HivitProperties, OrderOfVisibleUnitsIsOnlyAnOrder) {
  at::NoGradGuard no_grad;
  HivitMae model(small_mae(true, true));
  test::fill_from_names(model);
  const PatchSelection s = selection_of(2, 0.0);
  const Tensor raster = model.encode(hivit_images(2)).tokens;
  const Tensor shuffled = model.encode(hivit_images(2), &s).tokens;
  for (int64_t b = 0; b < 2; ++b)
    EXPECT_TRUE(at::allclose(shuffled[b], raster[b].index_select(0, s.ids_keep[b]), 1e-10, 1e-12));
}

TEST(HivitProperties, MapsOfFourStrides) {
  at::NoGradGuard no_grad;
  HivitMae model(small_mae(true, false));
  test::fill_from_names(model);
  EncodeRequest request;
  request.maps = true;
  const EncoderOutput output = model.encode(hivit_images(2), nullptr, request);
  ASSERT_EQ(model.map_strides(), (std::vector<int64_t>{2, 4, 8, 16}));
  const std::vector<std::vector<int64_t>> shapes{
      {2, 4, 12, 16}, {2, 8, 6, 8}, {2, 16, 3, 4}, {2, 16, 1, 2}};
  ASSERT_EQ(output.maps.size(), shapes.size());
  for (size_t i = 0; i < shapes.size(); ++i) EXPECT_EQ(output.maps[i].sizes().vec(), shapes[i]);
  // The unit in row 1, column 2 has the cells that its own picture alone would give.
  const Tensor one = hivit_images(2).slice(2, 8, 16).slice(3, 16, 24);
  auto options = small_mae(true, false);
  options.img_size = {8, 8};
  HivitMae unit(options);
  test::fill_from_names(unit);
  EXPECT_TRUE(at::allclose(unit.encode(one, nullptr, request).maps[0],
                           output.maps[0].slice(2, 4, 8).slice(3, 8, 12), 1e-10, 1e-12));
}

TEST(HivitClassifier, LayersAreThePublishedOnes) {
  const nlohmann::json config = named_model_config("hivit-mae-base");
  const auto model = make_classifier_model(classifier_kind_for(config).config_on(config, {}));
  EXPECT_EQ(model->depth(), 28);
  EXPECT_EQ(model->layer_id("absolute_pos_embed"), 0);
  EXPECT_EQ(model->layer_id("patch_embed.norm.bias"), 0);
  EXPECT_EQ(model->layer_id("blocks.0.mlp.fc1.weight"), 1);
  EXPECT_EQ(model->layer_id("blocks.3.mlp.fc1.weight"), 4);
  EXPECT_EQ(model->layer_id("blocks.4.reduction.weight"), 4);
  EXPECT_EQ(model->layer_id("blocks.5.norm2.weight"), 5);
  EXPECT_EQ(model->layer_id("blocks.9.norm.weight"), 8);
  EXPECT_EQ(model->layer_id("blocks.10.attn.qkv.weight"), 9);
  EXPECT_EQ(model->layer_id("blocks.29.attn.qkv.weight"), 28);
  EXPECT_EQ(model->layer_id("head.weight"), 29);
  EXPECT_TRUE(model->is_undecayed("absolute_pos_embed"));
  EXPECT_TRUE(model->is_undecayed("blocks.10.attn.relative_position_bias_table"));
  EXPECT_FALSE(model->is_undecayed("blocks.10.attn.qkv.weight"));
}

TEST(HivitRegistry, AnEncoderGoesToAClassifierOfAnotherPictureSize) {
  nlohmann::json config = small_mae(true, true);
  config["model"] = "hivit_mae";
  const auto model = make_masked_model(config);
  model->initialize(1);
  StateDict tensors = state_dict(*model);
  const MaskedModelKind& kind = masked_model_kind(config);
  const nlohmann::json larger = kind.resize.config(config, {32, 32});
  kind.resize.tensors(config, larger, &tensors);
  const ClassifierKind& classifier_kind = classifier_kind_for(config);
  const nlohmann::json on = classifier_kind.config_on(larger, {5, true, 0.2});
  const auto classifier = make_classifier_model(on);
  classifier->initialize(1);
  auto fresh = classifier_kind.take_encoder(on, &tensors);
  fresh.emplace_back("head.");
  load_state_dict(*classifier, tensors, "test", fresh);
  EXPECT_EQ(classifier->named_buffers()["relative_position_index"].size(0), 16);
  EXPECT_TRUE(at::equal(classifier->named_parameters()["blocks.0.mlp.fc1.weight"],
                        model->named_parameters()["blocks.0.mlp.fc1.weight"]));
}

TEST(HivitConfig, DepthIsTheMainStages) {
  nlohmann::json config = named_model_config("hivit-mae-tiny");
  config["depth"] = 3;
  config["embed_dim"] = 24;
  config["num_heads"] = 2;
  EXPECT_EQ(make_masked_model(config)->depth(), 3);
  config["inner_patches"] = 2;
  EXPECT_THROW(make_masked_model(config), UsageError);
}

}  // namespace
}  // namespace mae
