// VideoMAE as the tools see it: names, sizes, masks, what predictions mean as pixels, classifiers.
#include "mae/models/video_mae.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/models/registry.h"
#include "mae/models/state_dict.h"
#include "mae/models/video_classifier.h"
#include "mae/ops/tubelets.h"

namespace mae {
namespace {

nlohmann::json tiny_config() {
  VideoMaeOptions options;
  options.img_size = {16, 16};
  options.patch_size = {8, 8};
  options.num_frames = 4;
  options.encoder_embed_dim = 24;
  options.encoder_depth = 2;
  options.encoder_num_heads = 2;
  options.decoder_embed_dim = 12;
  options.decoder_depth = 1;
  options.decoder_num_heads = 2;
  nlohmann::json json = options;
  json["model"] = "video_mae";
  return json;
}

Tensor clips() {
  return at::linspace(-1.5, 1.5, 2 * 3 * 4 * 16 * 16).sin().reshape({2, 3, 4, 16, 16});
}

// Spec 7.1.
TEST(VideoMae, NamedSizesHaveThePublishedParameters) {
  const auto small = make_masked_model(named_model_config("video-mae-small-patch16"));
  EXPECT_EQ(parameter_count(*small, true), 24029376);
  EXPECT_EQ(state_dict(*small).size(), 218u);
  EXPECT_EQ(small->mask_grid().tokens(), 1568);
  EXPECT_EQ(small->default_masking().strategy, MaskStrategy::kTube);
  EXPECT_EQ(small->default_masking().mask_ratio, 0.9);
  const auto& kind = classifier_kind_for(small->config());
  const auto classifier = make_classifier_model(kind.config_on(small->config(), {400, true, 0.1}));
  EXPECT_EQ(parameter_count(*classifier, true), 22033936);
  EXPECT_EQ(state_dict(*classifier).size(), 162u);
  for (const auto& [name, depth] :
       {std::make_pair("video-mae-base-patch16", 4), std::make_pair("video-mae-large-patch16", 12),
        std::make_pair("video-mae-huge-patch16", 12)})
    EXPECT_EQ(named_model_config(name)["decoder_depth"], depth);
}

TEST(VideoMae, ConfigurationsGoRoundAndTakePublishedNames) {
  const auto model = make_masked_model(tiny_config());
  EXPECT_EQ(model->config(), tiny_config());
  EXPECT_EQ(model->config()["embed_dim"], 24);
  nlohmann::json published = {{"encoder_embed_dim", 24}, {"normlize_target", false}};
  const auto options = published.get<VideoMaeOptions>();
  EXPECT_EQ(options.encoder_embed_dim, 24);
  EXPECT_FALSE(options.normlize_target);
  nlohmann::json wrong = tiny_config();
  wrong["tubelets"] = 3;
  EXPECT_THROW(make_masked_model(wrong), UsageError);
}

TEST(VideoMae, MasksAreTubesOrRandom) {
  const auto model = make_masked_model(tiny_config());
  EXPECT_NO_THROW(model->check_masking(MaskStrategy::kTube));
  EXPECT_NO_THROW(model->check_masking(MaskStrategy::kRandom));
  EXPECT_THROW(model->check_masking(MaskStrategy::kBlock), UsageError);
  EXPECT_TRUE(model->is_undecayed("mask_token"));
}

// What the model would predict without fault becomes the pixels again.
TEST(VideoMae, TargetsComeBackAsPixels) {
  for (const bool normalised : {true, false}) {
    nlohmann::json config = tiny_config();
    config["norm_pix_loss"] = normalised;
    const auto model = std::dynamic_pointer_cast<VideoMae>(make_masked_model(config));
    const Tensor pixels = tubelets(clips(), 2, {8, 8});
    Tensor back = model->predicted_patches(model->target(clips()));
    if (normalised) back = denormalize_patches(back, model->target_stats(pixels));
    EXPECT_TRUE(at::allclose(back, pixels, 1e-4, 1e-5)) << normalised;
  }
}

TEST(VideoMae, AnEncoderAloneHasNoDecoder) {
  nlohmann::json config = tiny_config();
  config["decoder_embed_dim"] = 0;
  const auto encoder = make_masked_model(config);
  EXPECT_FALSE(encoder->has_decoder());
  for (const auto& [name, tensor] : state_dict(*encoder)) EXPECT_EQ(name.rfind("encoder.", 0), 0u);
  encoder->initialize(1);
  EXPECT_EQ(encoder->encode(clips()).tokens.sizes().vec(), (std::vector<int64_t>{2, 8, 24}));
  PatchSelection selection =
      selection_from_mask(at::tensor({1, 1, 1, 0, 1, 1, 1, 0}).reshape({1, 8}));
  EXPECT_THROW(encoder->forward(clips(), selection), UsageError);
}

TEST(VideoMae, TheClassifierTakesTheEncoder) {
  const auto model = make_masked_model(tiny_config());
  model->initialize(3);
  StateDict tensors = state_dict(*model);
  const auto& kind = classifier_kind_for(model->config());
  const nlohmann::json config = kind.config_on(model->config(), {5, true, 0.0});
  const auto classifier = make_classifier_model(config);
  classifier->initialize(4);
  std::vector<std::string> fresh = kind.take_encoder(config, &tensors);
  fresh.emplace_back("head.");
  load_state_dict(*classifier, tensors, "test", fresh);
  EXPECT_EQ(classifier->num_frames(), 4);
  // The encoder behind the interface of pretrained models gives what the head sees.
  const auto encoder = make_masked_model(config);
  load_state_dict(*encoder, state_dict(*classifier), "test");
  const Tensor pooled =
      encoder->pooled_features(encoder->encode(clips()).tokens, encoder->default_pool());
  EXPECT_TRUE(at::allclose(pooled, classifier->forward_features(clips()), 1e-5, 1e-6));
  EXPECT_EQ(encoder->num_frames(), 4);
  EXPECT_EQ(encoder->mask_grid().slots, 2);
}

}  // namespace
}  // namespace mae
