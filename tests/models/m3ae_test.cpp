// What must hold for M3AE with any weights, and for the classifier on its encoder.
#include "mae/models/m3ae.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "golden_case.h"
#include "mae/base/error.h"
#include "mae/masking/mask_strategy.h"
#include "mae/models/m3ae_classifier.h"
#include "mae/models/registry.h"

namespace mae {
namespace {

nlohmann::json m3ae_config() {
  return {{"model", "m3ae"},         {"img_size", {16, 24}},
          {"patch_size", {8, 8}},    {"in_chans", 2},
          {"text_length", 5},        {"text_vocab_size", 11},
          {"embed_dim", 16},         {"depth", 2},
          {"num_heads", 2},          {"decoder_embed_dim", 8},
          {"decoder_depth", 1},      {"decoder_num_heads", 2},
          {"text_loss_weight", 0.5}, {"unpaired_text_loss_weight", 0.25}};
}

std::shared_ptr<MaskedModel> make_m3ae(uint64_t seed) {
  auto model = make_masked_model(m3ae_config());
  model->initialize(seed);
  model->to(at::kDouble);
  return model;
}

Tensor m3ae_images(int64_t batch) {
  return test::input_tensor(
      {{"seed", "m3ae"}, {"shape", {batch, 2, 16, 24}}, {"scale", 4.0}, {"offset", -2.0}});
}

/// Words counted up; the last two of sample b are padding where b is odd.
TextInput text_of(int64_t batch, int64_t length) {
  TextInput text;
  text.tokens = at::arange(batch * length, at::kLong).remainder(11).reshape({batch, length});
  text.padding = at::zeros({batch, length}, at::kByte);
  for (int64_t b = 1; b < batch; b += 2) text.padding[b].slice(0, length - 2).fill_(1);
  text.selection = draw_word_selection(length, 0.5, 1, "words", 0, {1, 2, 3});
  return text;
}

PatchSelection patches_of(const MaskedModel& model) {
  return draw_selection({MaskStrategy::kRandom, 0.5}, model.mask_grid(), 3, 0, {1, 2, 3});
}

double value(const PretrainOutput& output, const std::string& name) {
  for (const LossPart& part : output.parts) {
    if (part.name == name) return part.value.item<double>();
  }
  ADD_FAILURE() << "no " << name;
  return 0;
}

TEST(M3ae, NamedSizesHaveThePublishedParameterCounts) {
  const std::pair<const char*, int64_t> counts[] = {{"m3ae-small-patch16", 74782266}};
  for (const auto& [name, parameters] : counts) {
    const auto model = make_masked_model(named_model_config(name));
    EXPECT_EQ(parameter_count(*model, false), parameters) << name;
  }
  // The others by their formula: they would take gigabytes.
  const auto expected = [](const char* name) {
    const auto o = named_model_config(name).get<M3aeOptions>();
    const auto block = [](int64_t d) { return 12 * d * d + 13 * d; };
    const int64_t D = o.emb_dim, Dd = o.dec_emb_dim, V = o.text_vocab_size, P = o.patch_values();
    return 3 * D + 4 * Dd + P * D + D + V * D + o.depth * block(D) + 2 * D + D * Dd + Dd +
           o.dec_depth * block(Dd) + 2 * Dd + Dd * P + P + Dd * V + V;
  };
  EXPECT_EQ(expected("m3ae-small-patch16"), 74782266);
  EXPECT_EQ(expected("m3ae-base-patch16"), 150757434);
  EXPECT_EQ(expected("m3ae-large-patch16"), 376155194);
  EXPECT_EQ(expected("m3ae-huge-patch16"), 711666746);
}

TEST(M3ae, ConfigurationsRoundTripAndTypingErrorsAreRefused) {
  const auto model = make_masked_model(m3ae_config());
  EXPECT_EQ(make_masked_model(model->config())->config(), model->config());
  for (const nlohmann::json& wrong : {nlohmann::json{{"text_lenght", 4}},
                                      {{"text_length", 0}},
                                      {{"text_vocab_size", 0}},
                                      {{"text_loss_weight", -1}},
                                      {{"unpaired_text_loss_weight", -1}},
                                      {{"num_heads", 3}}}) {
    auto config = m3ae_config();
    config.update(wrong);
    EXPECT_THROW(make_masked_model(config), UsageError) << wrong;
  }
}

TEST(M3ae, TheLossIsTheWeightedSumOfItsParts) {
  at::NoGradGuard no_grad;
  const auto model = make_m3ae(1);
  const PretrainOutput output =
      model->forward_with_text(m3ae_images(3), patches_of(*model), text_of(3, 5), text_of(3, 7));
  EXPECT_EQ(output.parts.size(), 5u);
  EXPECT_EQ(output.text_pred.sizes(), (std::vector<int64_t>{3, 5, 11}));
  EXPECT_NEAR(output.loss.item<double>(),
              value(output, "image_loss") + 0.5 * value(output, "text_loss") +
                  0.25 * value(output, "unpaired_text_loss"),
              1e-12);
}

TEST(M3ae, EitherAloneIsABatch) {
  at::NoGradGuard no_grad;
  const auto model = make_m3ae(1);
  const PatchSelection patches = patches_of(*model);
  const PretrainOutput pictures = model->forward_with_text(m3ae_images(3), patches, {}, {});
  EXPECT_TRUE(at::equal(pictures.pred, model->forward(m3ae_images(3), patches).pred));
  EXPECT_EQ(pictures.parts.size(), 1u);
  const PretrainOutput words = model->forward_with_text({}, {}, text_of(3, 9), {});
  EXPECT_NEAR(words.loss.item<double>(), 0.5 * value(words, "text_loss"), 1e-12);
  EXPECT_EQ(words.text_pred.sizes(), (std::vector<int64_t>{3, 9, 11}));
}

TEST(M3ae, PaddingSaysNothing) {
  at::NoGradGuard no_grad;
  const auto model = make_m3ae(2);
  TextInput text = text_of(3, 5);
  const PatchSelection patches = patches_of(*model);
  const PretrainOutput before = model->forward_with_text(m3ae_images(3), patches, text, {});
  text.tokens = text.tokens.masked_fill(text.padding.ne(0), 7);
  const PretrainOutput after = model->forward_with_text(m3ae_images(3), patches, text, {});
  EXPECT_TRUE(at::equal(before.loss, after.loss));
  EXPECT_TRUE(at::equal(before.pred, after.pred));
}

TEST(M3ae, WithoutTextItsParametersAreLeftOut) {
  const auto model = make_m3ae(1);
  const int64_t all = parameter_count(*model, true);
  model->leave_out_text();
  EXPECT_LT(parameter_count(*model, true), all);
  model->forward(m3ae_images(3), patches_of(*model)).loss.backward();
  for (const auto& item : model->named_parameters())
    EXPECT_EQ(item.value().grad().defined(), item.value().requires_grad()) << item.key();
}

TEST(M3ae, OtherModelsTakeNoText) {
  const auto model = make_masked_model(named_model_config("mae-vit-tiny-patch16"));
  EXPECT_FALSE(model->takes_text());
  EXPECT_THROW(model->forward_with_text({}, {}, {}, {}), UsageError);
}

std::shared_ptr<Classifier> classifier_on(const MaskedModel& model, bool global_pool) {
  const nlohmann::json config = model.config();
  const ClassifierKind& kind = classifier_kind_for(config);
  auto classifier = kind.make(kind.config_on(config, {4, global_pool, 0.5}));
  classifier->initialize(1);
  StateDict tensors = state_dict(model);
  std::vector<std::string> fresh = kind.take_encoder(classifier->config(), &tensors);
  fresh.emplace_back("head.");
  classifier->to(at::kDouble);
  load_state_dict(*classifier, tensors, "test", fresh);
  return classifier;
}

TEST(M3aeClassifier, FeaturesAreTheEncodersWithOneMoreNorm) {
  at::NoGradGuard no_grad;
  const auto model = make_m3ae(3);
  const Tensor images = m3ae_images(2);
  const Tensor tokens = model->encode(images).tokens;
  for (const Pool pool : {Pool::kCls, Pool::kMean}) {
    const auto classifier = classifier_on(*model, pool == Pool::kMean);
    const Tensor features = classifier->forward_features(images);
    const Tensor pooled = model->pooled_features(tokens, pool);
    const Tensor centred = pooled - pooled.mean(-1, /*keepdim=*/true);
    const Tensor expected = centred / (centred.square().mean(-1, true) + 1e-6).sqrt();
    EXPECT_LT((features - expected).abs().max().item<double>(), 1e-12);
    const auto encoder = make_masked_model(classifier->config());
    encoder->to(at::kDouble);
    load_state_dict(*encoder, state_dict(*classifier), "test");
    EXPECT_TRUE(
        at::equal(encoder->pooled_features(encoder->encode(images).tokens, pool), features));
    EXPECT_EQ(encoder->default_pool(), pool);
  }
}

TEST(M3aeClassifier, LayersDecayFromTheEmbeddingsOn) {
  const auto classifier = classifier_on(*make_m3ae(1), true);
  EXPECT_EQ(classifier->layer_id("cls_token"), 0);
  EXPECT_EQ(classifier->layer_id("image_embedding.weight"), 0);
  EXPECT_EQ(classifier->layer_id("encoder.blocks.1.mlp.fc1.weight"), 2);
  EXPECT_EQ(classifier->layer_id("encoder.norm.weight"), 3);
  EXPECT_EQ(classifier->layer_id("head.weight"), 3);
  EXPECT_EQ(classifier->block_part("encoder.blocks.1.attn.qkv.bias").rest, "attn.qkv.bias");
}

TEST(M3aeClassifier, FrozenBlocksLearnNothing) {
  const auto classifier = classifier_on(*make_m3ae(1), true);
  classifier->freeze_blocks(1);
  classifier->forward(m3ae_images(2)).sum().backward();
  for (const auto& item : classifier->named_parameters()) {
    const bool frozen = classifier->layer_id(item.key()) <= 1;
    if (item.key() != "head.weight" && !frozen) continue;
    EXPECT_EQ(item.value().grad().defined(), !frozen) << item.key();
  }
  EXPECT_THROW(classifier->freeze_blocks(3), UsageError);
}

TEST(M3aeClassifier, DroppedBranchesLeaveTheResidualAlone) {
  at::NoGradGuard no_grad;
  const auto classifier = classifier_on(*make_m3ae(1), true);
  const Tensor images = m3ae_images(2), all = at::zeros({2, 2, 2}, at::kDouble);
  const Tensor kept = classifier->forward(images, all);  // each branch twice as strong at rate 0.5
  EXPECT_FALSE(at::equal(kept, classifier->forward(images)));
  EXPECT_TRUE(classifier->forward(images, all + 1).isfinite().all().item<bool>());
}

}  // namespace
}  // namespace mae
