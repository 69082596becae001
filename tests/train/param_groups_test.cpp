// Which parameter decays and how fast it learns, for every parameter of the published classifier
// and of a small MAE.
#include "mae/train/param_groups.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "mae/models/mae.h"
#include "mae/models/vit_classifier.h"

namespace mae {
namespace {

MaeOptions tiny_mae() {
  MaeOptions options;
  options.img_size = {16, 16};
  options.patch_size = {8, 8};
  options.embed_dim = 16;
  options.depth = 2;
  options.num_heads = 2;
  options.decoder_embed_dim = 8;
  options.decoder_depth = 1;
  options.decoder_num_heads = 2;
  return options;
}

TEST(ParamGroups, PretrainingDecaysMatricesAndTokens) {
  const Mae model(tiny_mae());
  const std::vector<ParamGroup> groups = weight_decay_groups(model, 0.05);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].weight_decay, 0.0);
  EXPECT_EQ(groups[1].weight_decay, 0.05);
  std::map<std::string, int> group_of;
  for (int g = 0; g < 2; ++g)
    for (const std::string& name : groups[static_cast<size_t>(g)].names) group_of[name] = g;
  EXPECT_EQ(group_of.at("cls_token"), 1);
  EXPECT_EQ(group_of.at("mask_token"), 1);
  EXPECT_EQ(group_of.at("patch_embed.proj.weight"), 1);
  EXPECT_EQ(group_of.at("patch_embed.proj.bias"), 0);
  EXPECT_EQ(group_of.at("blocks.0.norm1.weight"), 0);
  EXPECT_EQ(group_of.at("blocks.1.mlp.fc2.weight"), 1);
  EXPECT_EQ(group_of.at("decoder_pred.bias"), 0);
  EXPECT_EQ(group_of.count("pos_embed"), 0u) << "the fixed tables are in no group";
  EXPECT_EQ(group_of.count("decoder_pos_embed"), 0u);
  size_t trained = 0;
  for (const Tensor& parameter : model.parameters()) trained += parameter.requires_grad();
  EXPECT_EQ(group_of.size(), trained);
}

TEST(ParamGroups, LayerDecayEqualsThePublishedTable) {
  nlohmann::json reference;
  std::ifstream(MAE_TESTS_DIR "/golden/reference/adamw_layer_decay.json") >> reference;
  VitClassifierOptions options;
  options.img_size = {32, 32};
  options.patch_size = {8, 8};
  options.embed_dim = 48;
  options.depth = reference["depth"].get<int64_t>();
  options.num_heads = 3;
  options.num_classes = 5;
  const VitClassifier model(options);
  const std::vector<ParamGroup> groups = layer_decay_groups(
      model, reference["weight_decay"].get<double>(), reference["layer_decay"].get<double>());
  size_t seen = 0;
  for (const ParamGroup& group : groups)
    for (const std::string& name : group.names) {
      ASSERT_TRUE(reference["param_groups"].contains(name)) << name;
      const nlohmann::json& expected = reference["param_groups"][name];
      EXPECT_DOUBLE_EQ(group.lr_scale, expected["lr_scale"].get<double>()) << name;
      EXPECT_EQ(group.weight_decay, expected["weight_decay"].get<double>()) << name;
      ++seen;
    }
  EXPECT_EQ(seen, reference["param_groups"].size());
  EXPECT_EQ(groups.front().names.front(), "cls_token");
}

}  // namespace
}  // namespace mae
