#include "mae/layouts/infer_config.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mae/base/error.h"
#include "mae/layouts/expected_tensors.h"

namespace mae {
namespace {

nlohmann::json base_config() {
  return {{"model", "mae"},          {"img_size", {224, 224}},   {"patch_size", {16, 16}},
          {"in_chans", 3},           {"embed_dim", 768},         {"depth", 12},
          {"num_heads", 12},         {"mlp_ratio", 4.0},         {"qkv_bias", true},
          {"layer_norm_eps", 1e-6},  {"decoder_embed_dim", 512}, {"decoder_depth", 8},
          {"decoder_num_heads", 16}, {"norm_pix_loss", false}};
}

InferredConfig infer(const nlohmann::json& config, const OpenedWeights& beside = {},
                     const ImportHints& hints = {}) {
  std::map<std::string, TensorInfo> tensors;
  for (const auto& [name, shape] : expected_tensors(config, "test"))
    tensors[name] = {ElementType::kFloat32, shape};
  return infer_config(tensors, beside, hints, "f.pth");
}

std::string refusal_of(const nlohmann::json& config, const OpenedWeights& beside = {},
                       const ImportHints& hints = {}) {
  try {
    infer(config, beside, hints);
    return "accepted";
  } catch (const Error& error) {
    return error.line() + " " + error.hint();
  }
}

TEST(InferConfig, PublishedSizesHaveTheirHeads) {
  const InferredConfig base = infer(base_config());
  EXPECT_EQ(base.config, base_config());
  EXPECT_EQ(base.notes.size(), 2U) << "both numbers of heads come from the table";
  nlohmann::json huge = base_config();
  huge.update({{"embed_dim", 1280}, {"depth", 32}, {"num_heads", 16}, {"patch_size", {14, 14}}});
  EXPECT_EQ(infer(huge).config, huge);
}

TEST(InferConfig, OtherGridsAndChannels) {
  nlohmann::json config = base_config();
  config.update({{"img_size", {64, 96}}, {"patch_size", {8, 16}}, {"in_chans", 5}});
  EXPECT_NE(refusal_of(config).find("--image-size"), std::string::npos) << "48 patches, no square";
  ImportHints hints;
  hints.image_size = {64, 96};
  EXPECT_NE(refusal_of(config, {}, hints).find("--mean"), std::string::npos);
  hints.mean = {1, 2, 3, 4, 5};
  hints.std = {1, 1, 1, 1, 1};
  EXPECT_EQ(infer(config, {}, hints).config, config);
  hints.std = {1};
  EXPECT_NE(refusal_of(config, {}, hints).find("5 channels"), std::string::npos);
  hints.std = hints.mean;
  hints.image_size = {64, 64};
  EXPECT_NE(refusal_of(config, {}, hints).find("48 patches"), std::string::npos);
}

TEST(InferConfig, WidthsThatAreNoMultipleComeBack) {
  for (int64_t hidden : {3352, 1999, 1365, 2730, 100}) {
    nlohmann::json config = base_config();
    config["mlp_ratio"] = static_cast<double>(hidden) / 768;
    if (static_cast<int64_t>(768 * config["mlp_ratio"].get<double>()) != hidden)
      config["mlp_ratio"] = std::nextafter(config["mlp_ratio"].get<double>(), 100.0);
    config["decoder_embed_dim"] = 0;
    const double ratio = infer(config).config["mlp_ratio"];
    EXPECT_EQ(static_cast<int64_t>(768 * ratio), hidden);
  }
}

TEST(InferConfig, ConfigJsonIsHeard) {
  OpenedWeights beside;
  beside.config = {
      {"model_type", "vit_mae"}, {"num_attention_heads", 6}, {"decoder_num_attention_heads", 8},
      {"layer_norm_eps", 1e-12}, {"norm_pix_loss", true},    {"image_size", 224}};
  beside.preprocessor = {{"image_mean", {0.5, 0.5, 0.5}}, {"image_std", {0.5, 0.5, 0.5}}};
  const InferredConfig inferred = infer(base_config(), beside);
  EXPECT_EQ(inferred.config["num_heads"], 6);
  EXPECT_EQ(inferred.config["decoder_num_heads"], 8);
  EXPECT_EQ(inferred.config["layer_norm_eps"], 1e-12);
  EXPECT_EQ(inferred.config["norm_pix_loss"], true);
  EXPECT_EQ(inferred.preprocessing["mean"], nlohmann::json({0.5, 0.5, 0.5}));
  EXPECT_TRUE(inferred.notes.empty());
  ImportHints hints;
  hints.num_heads = 12;
  EXPECT_NE(refusal_of(base_config(), beside, hints).find("says 6 heads, not 12"),
            std::string::npos);
  beside.config["num_attention_heads"] = "many";
  EXPECT_NE(refusal_of(base_config(), beside).find("num_attention_heads"), std::string::npos);
}

TEST(InferConfig, TrainingArgumentsAreHeard) {
  OpenedWeights beside;
  beside.rest = {{"args", {{"norm_pix_loss", true}, {"input_size", 224}}}};
  const InferredConfig inferred = infer(base_config(), beside);
  EXPECT_EQ(inferred.config["norm_pix_loss"], true);
  EXPECT_TRUE(inferred.assumptions.empty());
  EXPECT_EQ(infer(base_config()).assumptions.size(), 1U);
}

}  // namespace
}  // namespace mae
