// Ablations of the paper and differences of its re-implementations against the published model,
// with equal weights and in float64.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "golden_case.h"
#include "mae/base/error.h"
#include "mae/masking/mask_strategy.h"
#include "mae/models/mae.h"
#include "mae/models/registry.h"
#include "mae/models/state_dict.h"
#include "mae/models/vit_classifier.h"
#include "mae/ops/patchify.h"
#include "mae/ops/pos_embed.h"

namespace mae {
namespace {

MaeOptions ablation_options() {
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

/// Weights by name, so that models share those of equal names; buffers too.
std::shared_ptr<Mae> model_of(const MaeOptions& options) {
  auto model = std::make_shared<Mae>(options);
  test::fill_from_names(*model);
  const at::NoGradGuard no_grad;
  for (auto& buffer : model->named_buffers()) {
    const Tensor numbers = test::input_tensor({{"seed", buffer.key()},
                                               {"shape", buffer.value().sizes().vec()},
                                               {"scale", 2.0},
                                               {"offset", -1.0}});
    buffer.value().copy_(numbers);
  }
  model->eval();
  return model;
}

Tensor ablation_images() {
  return test::input_tensor(
             {{"seed", "ablation"}, {"shape", {2, 2, 16, 24}}, {"scale", 4.0}, {"offset", -2.0}})
      .to(at::kDouble);
}

PatchSelection selection(double mask_ratio = 0.5) {
  return draw_selection({MaskStrategy::kRandom, mask_ratio}, Size2d{4, 3}, 1, 0, {5, 6});
}

/// The pictures with 1000 added to every hidden pixel.
Tensor spoiled(const PatchSelection& s) {
  const Tensor patches = patchify(ablation_images(), {4, 8}) + s.mask.unsqueeze(-1) * 1000.0;
  return unpatchify(patches, {4, 3}, {4, 8}, 2);
}

double largest(const Tensor& difference) { return difference.abs().max().item<double>(); }

/// Every combination that changes what the encoder or the decoder sees.
std::vector<MaeOptions> variants() {
  std::vector<MaeOptions> all(6, ablation_options());
  all[0].encoder_mask_tokens = true;
  all[1].class_token = false;
  all[2].predict_hidden = true;
  all[3].key_bias = false;
  all[3].pos_embed = PosEmbed::kSincos1d;
  all[4].target = TargetKind::kTokens;
  all[4].target_size = 9;
  all[5] = all[4];
  all[5].encoder_mask_tokens = all[5].predict_hidden = true;
  all[5].class_token = all[5].key_bias = false;
  return all;
}

TEST(Ablations, HiddenPixelsDoNotReachThePrediction) {
  const at::NoGradGuard no_grad;
  const PatchSelection s = selection();
  for (const MaeOptions& options : variants()) {
    const auto model = model_of(options);
    const nlohmann::json config = model->config();
    EXPECT_TRUE(
        at::equal(model->forward(ablation_images(), s).pred, model->forward(spoiled(s), s).pred))
        << config;
    EXPECT_TRUE(at::equal(model->encode(ablation_images(), &s).tokens,
                          model->encode(spoiled(s), &s).tokens))
        << config;
  }
}

TEST(Ablations, ConfigurationsComeBackAndNameOnlyWhatIsDifferent) {
  const nlohmann::json published = Mae(ablation_options()).config();
  for (const auto& [field, value] : mae_defaults().items())
    EXPECT_FALSE(published.contains(field)) << field;
  for (const MaeOptions& options : variants()) {
    const nlohmann::json config = Mae(options).config();
    EXPECT_NE(config, published);
    EXPECT_EQ(make_masked_model(config)->config(), config);
  }
  // Defaults may be written out.
  nlohmann::json spelled = published;
  spelled.update(mae_defaults());
  EXPECT_EQ(make_masked_model(spelled)->config(), published);
  spelled["target"] = "norm-pixels";
  EXPECT_EQ(make_masked_model(spelled)->config().at("norm_pix_loss"), true);
}

TEST(Ablations, ConfigurationsThatCannotBeAreRefused) {
  const nlohmann::json published = Mae(ablation_options()).config();
  const auto refuses = [&](const nlohmann::json& change) {
    nlohmann::json config = published;
    config.update(change);
    EXPECT_THROW(make_masked_model(config), UsageError) << change;
  };
  refuses({{"target", "dvae"}});
  refuses({{"target", "pca"}});
  refuses({{"target", "pca"}, {"target_size", 65}});
  refuses({{"target", "tokens"}, {"target_size", 1}});
  refuses({{"target", "norm-pixels-channel"}, {"norm_pix_loss", true}});
  refuses({{"key_bias", false}, {"qkv_bias", false}});
  refuses({{"pos_embed", "learned"}});
  refuses({{"predict", "visible"}});
  refuses({{"class_token", "no"}});
}

TEST(Ablations, EncoderMaskTokensWithNothingHiddenAreThePublishedEncoder) {
  const at::NoGradGuard no_grad;
  MaeOptions options = ablation_options();
  const auto published = model_of(options);
  options.encoder_mask_tokens = true;
  const auto model = model_of(options);
  const PatchSelection all = selection_from_mask(at::zeros({2, 12}));
  for (const PatchSelection* s : {static_cast<const PatchSelection*>(nullptr), &all}) {
    const EncoderOutput expected = published->encode(ablation_images(), s, {{1}, true});
    const EncoderOutput found = model->encode(ablation_images(), s, {{1}, true});
    EXPECT_TRUE(at::equal(found.tokens, expected.tokens));
    EXPECT_TRUE(at::equal(found.blocks[0], expected.blocks[0]));
    EXPECT_TRUE(at::equal(found.attention, expected.attention));
  }
  EXPECT_LT(largest(model->forward(ablation_images(), all).pred -
                    published->forward(ablation_images(), all).pred),
            1e-13);
}

TEST(Ablations, EncoderMaskTokensStandAtHiddenPlaces) {
  const at::NoGradGuard no_grad;
  MaeOptions options = ablation_options();
  options.encoder_mask_tokens = true;
  const auto model = model_of(options);
  const PatchSelection s = selection();
  const auto names = state_dict(*model);
  EXPECT_TRUE(names.count("encoder_mask_token") == 1 && names.count("mask_token") == 0);
  // What encode() promises: the visible ones, in the order of ids_keep.
  const EncoderOutput output = model->encode(ablation_images(), &s, {{2}, true});
  EXPECT_EQ(output.tokens.sizes(), (std::vector<int64_t>{2, 7, 24}));
  EXPECT_EQ(output.blocks[0].sizes(), output.tokens.sizes());
  EXPECT_EQ(output.attention.sizes(), (std::vector<int64_t>{2, 3, 6}));
  const Tensor before = model->forward(ablation_images(), s).pred;
  // One of its numbers: a norm takes what is added to all of them away.
  model->named_parameters()["encoder_mask_token"].select(/*dim=*/2, 0).add_(1.0);
  EXPECT_GT(largest(model->forward(ablation_images(), s).pred - before), 1e-3);
  EXPECT_GT(largest(model->encode(ablation_images(), &s).tokens - output.tokens), 1e-6);
}

TEST(Ablations, PredictingHiddenPatchesAloneGivesTheSameLossAndGradients) {
  for (const bool tokens : {false, true}) {
    MaeOptions options = ablation_options();
    if (tokens) {
      options.target = TargetKind::kTokens;
      options.target_size = 9;
    }
    const auto all = model_of(options);
    options.predict_hidden = true;
    const auto hidden = model_of(options);
    const PatchSelection s = selection(0.7);
    const PretrainOutput expected = all->forward(ablation_images(), s),
                         found = hidden->forward(ablation_images(), s);
    EXPECT_NEAR(found.loss.item<double>(), expected.loss.item<double>(), 1e-13);
    const Tensor mask = s.mask.unsqueeze(-1);
    EXPECT_LT(largest(found.pred - expected.pred * mask), 1e-13);
    EXPECT_GT(largest(expected.pred * (1 - mask)), 0.0);
    expected.loss.backward();
    found.loss.backward();
    for (const auto& item : all->named_parameters()) {
      if (!item.value().requires_grad()) continue;
      EXPECT_LT(largest(hidden->named_parameters()[item.key()].grad() - item.value().grad()), 1e-13)
          << item.key();
    }
  }
}

TEST(Ablations, BiasesOfQueriesAndValuesEqualABiasWithoutKeys) {
  const at::NoGradGuard no_grad;
  MaeOptions options = ablation_options();
  const auto whole = model_of(options);
  options.key_bias = false;
  const auto split = model_of(options);
  auto to = whole->named_parameters();
  for (const auto& item : split->named_parameters()) {
    const std::string suffix = item.key().substr(item.key().rfind('.') + 1);
    if (suffix != "q_bias" && suffix != "v_bias") continue;
    const std::string attention = item.key().substr(0, item.key().rfind('.') + 1);
    Tensor bias = to[attention + "qkv.bias"];
    const int64_t D = item.value().size(0);
    bias.slice(0, suffix == "q_bias" ? 0 : 2 * D, suffix == "q_bias" ? D : 3 * D)
        .copy_(item.value());
    bias.slice(0, D, 2 * D).zero_();
  }
  EXPECT_LT(largest(split->forward(ablation_images(), selection()).pred -
                    whole->forward(ablation_images(), selection()).pred),
            1e-13);
}

TEST(Ablations, WithoutClassTokenTheTokensArePatches) {
  const at::NoGradGuard no_grad;
  MaeOptions options = ablation_options();
  options.class_token = false;
  const auto model = model_of(options);
  const PatchSelection s = selection();
  EXPECT_EQ(model->num_prefix_tokens(), 0);
  EXPECT_EQ(model->default_pool(), Pool::kMean);
  EXPECT_EQ(state_dict(*model).count("cls_token"), 0U);
  const Tensor tokens = model->encode(ablation_images()).tokens;
  EXPECT_EQ(tokens.sizes(), (std::vector<int64_t>{2, 12, 24}));
  EXPECT_EQ(model->encode(ablation_images(), &s).tokens.sizes(), (std::vector<int64_t>{2, 6, 24}));
  EXPECT_EQ(model->forward(ablation_images(), s).pred.sizes(), (std::vector<int64_t>{2, 12, 64}));
  EXPECT_TRUE(at::equal(model->pooled_features(tokens, Pool::kMean), tokens.mean(1)));
  EXPECT_THROW(model->pooled_features(tokens, Pool::kCls), UsageError);
}

TEST(Ablations, OneDimensionalPositionsAreInBothTables) {
  MaeOptions options = ablation_options();
  options.pos_embed = PosEmbed::kSincos1d;
  const Mae model(options);
  const auto tensors = state_dict(model);
  for (const auto& [name, width] :
       std::vector<std::pair<std::string, int64_t>>{{"pos_embed", 24}, {"decoder_pos_embed", 16}}) {
    const Tensor expected = sincos_pos_embed_1d(width, 12, true).to(at::kFloat).unsqueeze(0);
    EXPECT_TRUE(at::equal(tensors.at(name), expected)) << name;
    EXPECT_FALSE(tensors.at(name).requires_grad());
  }
}

// Fine-tuning takes over what the encoder is.
TEST(Ablations, ClassifiersFollowTheEncoder) {
  const at::NoGradGuard no_grad;
  MaeOptions options = ablation_options();
  options.class_token = options.key_bias = false;
  options.pos_embed = PosEmbed::kSincos1d;
  options.encoder_mask_tokens = true;
  options.target = TargetKind::kTokens;
  options.target_size = 9;
  const auto model = model_of(options);
  const ClassifierKind& kind = classifier_kind_for(model->config());
  const nlohmann::json config = kind.config_on(model->config(), {3, /*global_pool=*/true, 0.0});
  StateDict tensors = state_dict(*model);
  std::vector<std::string> fresh = kind.take_encoder(config, &tensors);
  fresh.emplace_back("head.");
  const auto classifier = kind.make(config);
  classifier->to(at::kDouble);
  classifier->initialize(1);
  load_state_dict(*classifier, tensors, "model", fresh);
  classifier->eval();
  EXPECT_EQ(state_dict(*classifier).count("cls_token"), 0U);
  const Tensor blocks =
      model->encode(ablation_images(), nullptr, {{2}, false}).blocks[0];  // before the norm
  const Tensor mean = blocks.mean(1);
  const Tensor centred = mean - mean.mean(-1, true);
  const Tensor expected = centred / (centred.square().mean(-1, true) + 1e-6).sqrt();
  EXPECT_LT(largest(classifier->forward_features(ablation_images()) - expected), 1e-12);
  // Without class token there is none to classify.
  EXPECT_THROW(kind.make(kind.config_on(model->config(), {3, /*global_pool=*/false, 0.0})),
               UsageError);
}

}  // namespace
}  // namespace mae
