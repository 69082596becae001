// The published tables of parameters are all that is needed to tell a model with stages and its
// sizes.
#include "mae/layouts/staged_config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "mae/base/error.h"

namespace mae {
namespace {

using nlohmann::json;
using Tensors = std::map<std::string, TensorInfo>;

// Names and shapes of a file of tests/golden/parameters.
Tensors published(const std::string& name) {
  std::ifstream file(std::string(MAE_TESTS_DIR) + "/golden/parameters/" + name + ".tsv");
  EXPECT_TRUE(file.is_open()) << name;
  Tensors tensors;
  std::string line;
  std::getline(file, line);  // column names
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string parameter, shape;
    std::getline(fields, parameter, '\t');
    std::getline(fields, shape, '\t');
    tensors[parameter].shape = json::parse(shape).get<std::vector<int64_t>>();
  }
  return tensors;
}

InferredConfig infer(const Tensors& tensors, const ImportHints& hints = {},
                     const json& rest = nullptr) {
  OpenedWeights weights;
  weights.rest = rest;
  const auto inferred = infer_staged_config(tensors, weights, hints, "file.pth");
  EXPECT_TRUE(inferred.has_value());
  return inferred.value_or(InferredConfig());
}

TEST(StagedConfig, MixmimHasAllButTheDecodersHeads) {
  const InferredConfig inferred = infer(published("mixmim_base"));
  EXPECT_EQ(inferred.config, json({{"model", "mixmim"},
                                   {"img_size", {224, 224}},
                                   {"patch_size", {4, 4}},
                                   {"in_chans", 3},
                                   {"embed_dim", 128},
                                   {"depths", {2, 2, 18, 2}},
                                   {"num_heads", {4, 8, 16, 32}},
                                   {"window_size", {14, 14, 14, 7}},
                                   {"mlp_ratio", 4.0},
                                   {"encoder_stride", {32, 32}},
                                   {"decoder_dim", 512},
                                   {"decoder_depth", 8},
                                   {"decoder_num_heads", 16},
                                   {"norm_pix_loss", true}}));
  EXPECT_EQ(inferred.notes.size(), 1u);
  EXPECT_EQ(inferred.assumptions.size(), 1u) << "norm_pix_loss is not recorded";
  EXPECT_EQ(inferred.preprocessing["image_size"], json({224, 224}));
  EXPECT_EQ(infer(published("mixmim_base_ft")).config["model"], "mixmim_classifier");
}

TEST(StagedConfig, PyramidsTakeFromThePaperWhatShapesDoNotShow) {
  const json pvt = infer(published("um_mae_pvt_small_256")).config;
  EXPECT_EQ(pvt["embed_dims"], json({64, 128, 320, 512}));
  EXPECT_EQ(pvt["depths"], json({3, 4, 6, 3}));
  EXPECT_EQ(pvt["num_heads"], json({1, 2, 5, 8}));
  EXPECT_EQ(pvt["mlp_ratios"], json({8.0, 8.0, 4.0, 4.0}));
  EXPECT_EQ(pvt["sr_ratios"], json({4, 2, 1, 1}));
  EXPECT_EQ(pvt["img_size"], json({256, 256}));
  EXPECT_EQ(pvt["vis_mask_ratio"], 0.25);
  EXPECT_EQ(infer(published("um_ft_pvt_small_256")).config["sr_ratios"], json({8, 4, 2, 1}));
  const json swin = infer(published("um_mae_swin_large_256")).config;
  EXPECT_EQ(swin["model"], "um_mae_swin");
  EXPECT_EQ(swin["embed_dim"], 192);
  EXPECT_EQ(swin["num_heads"], json({6, 12, 24, 48}));
  EXPECT_EQ(swin["posmlp_dim"], 64);
  EXPECT_EQ(swin["window_size"], 8);
  EXPECT_EQ(swin["decoder_depth"], 8);
  const json tuned = infer(published("um_ft_swin_tiny_256")).config;
  EXPECT_EQ(tuned["model"], "swin_classifier");
  EXPECT_EQ(tuned["window_size"], 16);
  EXPECT_EQ(tuned["num_classes"], 1000);
  EXPECT_EQ(tuned["img_size"], json({256, 256}));
}

TEST(StagedConfig, ConvMaeAndFastConvMaeDifferByTheirArguments) {
  const InferredConfig inferred = infer(published("convmae_base"));
  json expected = {{"model", "conv_mae"},
                   {"img_size", {224, 224}},
                   {"patch_size", {16, 16}},
                   {"in_chans", 3},
                   {"embed_dim", {256, 384, 768}},
                   {"depth", {2, 2, 11}},
                   {"num_heads", 12},
                   {"mlp_ratio", {4.0, 4.0, 4.0}},
                   {"qkv_bias", true},
                   {"decoder_embed_dim", 512},
                   {"decoder_depth", 8},
                   {"decoder_num_heads", 16},
                   {"norm_pix_loss", true}};
  EXPECT_EQ(inferred.config, expected);
  EXPECT_EQ(inferred.notes.size(), 3u) << "heads of both parts and the kind";
  expected["model"] = "fast_conv_mae";
  expected["norm_pix_loss"] = false;
  const json rest = {
      {"args", {{"model", "fastconvmae_convvit_base_patch16"}, {"norm_pix_loss", false}}}};
  EXPECT_EQ(infer(published("fastconvmae_base"), {}, rest).config, expected);
  const json tuned = infer(published("convvit_base_ft")).config;
  EXPECT_EQ(tuned["model"], "conv_vit_classifier");
  EXPECT_EQ(tuned["num_classes"], 1000);
  EXPECT_EQ(tuned["depth"], json({2, 2, 11}));
}

TEST(StagedConfig, HivitIsReadOffItsMixedListOfBlocks) {
  const json rest = {{"args", {{"norm_pix_loss", false}}}};
  const InferredConfig inferred = infer(published("mae_hivit_base"), {}, rest);
  EXPECT_EQ(inferred.config, json({{"model", "hivit_mae"},
                                   {"img_size", {224, 224}},
                                   {"patch_size", {16, 16}},
                                   {"in_chans", 3},
                                   {"inner_patches", 4},
                                   {"embed_dim", 512},
                                   {"depths", {2, 2, 20}},
                                   {"num_heads", 8},
                                   {"stem_mlp_ratio", 3.0},
                                   {"mlp_ratio", 4.0},
                                   {"rpe", false},
                                   {"hifeat", true},
                                   {"decoder_embed_dim", 512},
                                   {"decoder_depth", 6},
                                   {"decoder_num_heads", 16},
                                   {"norm_pix_loss", true}}))
      << "the published program ignores its option norm_pix_loss";
  EXPECT_TRUE(inferred.assumptions.empty());
  const json tuned = infer(published("hivit_base_ft")).config;
  EXPECT_EQ(tuned["model"], "hivit_classifier");
  EXPECT_EQ(tuned["rpe"], true);
  EXPECT_EQ(tuned["num_heads"], 8);
}

TEST(StagedConfig, HivitWithHalfAStemIsRefused) {
  OpenedWeights weights;
  Tensors tensors = published("mae_hivit_base");
  tensors.erase("blocks.3.mlp.fc1.weight");
  EXPECT_THROW(infer_staged_config(tensors, weights, {}, "file"), DataError);
  tensors = published("mae_hivit_base");
  tensors.erase("blocks.9.reduction.weight");
  EXPECT_THROW(infer_staged_config(tensors, weights, {}, "file"), DataError);
  tensors = published("convmae_base");
  tensors.erase("patch_embed2.proj.weight");
  EXPECT_THROW(infer_staged_config(tensors, weights, {}, "file"), DataError);
}

TEST(StagedConfig, HeadsOfUnpublishedWidthsAreAskedFor) {
  OpenedWeights weights;
  Tensors tensors = published("convmae_base");
  tensors["patch_embed3.proj.weight"].shape[0] = 96;
  EXPECT_THROW(infer_staged_config(tensors, weights, {}, "file"), UsageError);
  ImportHints hints;
  hints.num_heads = 3;
  EXPECT_EQ(infer(tensors, hints).config["num_heads"], 3);
}

TEST(StagedConfig, TrainingArgumentsAndHintsAreStronger) {
  ImportHints hints;
  hints.decoder_num_heads = 8;
  const json config = infer(published("um_mae_pvt_small_256"), hints,
                            {{"args", {{"norm_pix_loss", false}, {"vis_mask_ratio", 0.5}}}})
                          .config;
  EXPECT_EQ(config["norm_pix_loss"], false);
  EXPECT_EQ(config["vis_mask_ratio"], 0.5);
  EXPECT_EQ(config["decoder_num_heads"], 8);
}

TEST(StagedConfig, WhatMaeConvertWroteIsTaken) {
  const json own = {{"model", "mixmim"}, {"img_size", {64, 64}}, {"in_chans", 3}, {"depths", {1}}};
  EXPECT_EQ(infer({}, {}, {{"mae.config", own.dump()}}).config, own);
  EXPECT_THROW(infer({}, {}, {{"mae.config", "{"}}), DataError);
}

TEST(StagedConfig, PlainTransformersAreNotMeant) {
  OpenedWeights weights;
  Tensors plain;
  plain["patch_embed.proj.weight"].shape = {768, 3, 16, 16};
  plain["blocks.0.attn.qkv.weight"].shape = {2304, 768};
  EXPECT_FALSE(infer_staged_config(plain, weights, {}, "file").has_value());
}

TEST(StagedConfig, ShapesOfNoSuchModelAreRefused) {
  OpenedWeights weights;
  Tensors tensors = published("mixmim_base");
  tensors["layers.1.blocks.0.attn.relative_position_bias_table"].shape = {700, 8};
  EXPECT_THROW(infer_staged_config(tensors, weights, {}, "file"), DataError);
  tensors = published("um_mae_pvt_small_256");
  tensors["patch_embed.proj.weight"].shape = {64, 3};
  EXPECT_THROW(infer_staged_config(tensors, weights, {}, "file"), DataError);
  tensors = published("um_mae_pvt_small_256");
  tensors["decoder_norm.weight"].shape = {96};
  EXPECT_THROW(infer_staged_config(tensors, weights, {}, "file"), UsageError);
  tensors = published("mixmim_base");
  tensors.erase("absolute_pos_embed");
  tensors["absolute_pos_embed"].shape = {1, 3000, 128};
  EXPECT_THROW(infer_staged_config(tensors, weights, {}, "file"), UsageError);
}

}  // namespace
}  // namespace mae
