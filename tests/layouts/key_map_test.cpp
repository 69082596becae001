#include "mae/layouts/key_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "mae/base/error.h"

namespace mae {
namespace {

// "from+from" -> "to" of every move.
std::map<std::string, std::string> as_map(const std::vector<KeyMove>& moves) {
  std::map<std::string, std::string> map;
  for (const KeyMove& move : moves) {
    std::string from, to;
    for (const std::string& name : move.from) from += (from.empty() ? "" : "+") + name;
    for (const std::string& name : move.to) to += (to.empty() ? "" : "+") + name;
    map[from] = to;
  }
  return map;
}

using Map = std::map<std::string, std::string>;

TEST(KeyMap, ThreeSpellingsOfHuggingFace) {
  const std::vector<std::string> hub = {"vit.embeddings.cls_token",
                                        "vit.encoder.layer.11.attention.attention.query.weight",
                                        "vit.encoder.layer.11.attention.attention.key.weight",
                                        "vit.encoder.layer.11.attention.attention.value.weight",
                                        "vit.encoder.layer.11.attention.output.dense.bias",
                                        "vit.encoder.layer.11.output.dense.bias",
                                        "decoder.decoder_layers.0.intermediate.dense.weight"};
  EXPECT_EQ(as_map(moves_to_official(hub, NameStyle::kHuggingFace)),
            (Map{{hub[0], "cls_token"},
                 {hub[1] + "+" + hub[2] + "+" + hub[3], "blocks.11.attn.qkv.weight"},
                 {hub[4], "blocks.11.attn.proj.bias"},
                 {hub[5], "blocks.11.mlp.fc2.bias"},
                 {hub[6], "decoder_blocks.0.mlp.fc1.weight"}}));
  const std::vector<std::string> memory = {
      "vit.layers.0.attention.q_proj.bias", "vit.layers.0.attention.k_proj.bias",
      "vit.layers.0.attention.v_proj.bias", "vit.layers.0.attention.o_proj.weight",
      "vit.layers.0.mlp.fc1.weight",        "vit.layers.0.layernorm_after.bias"};
  EXPECT_EQ(as_map(moves_to_official(memory, NameStyle::kHuggingFace)),
            (Map{{memory[0] + "+" + memory[1] + "+" + memory[2], "blocks.0.attn.qkv.bias"},
                 {memory[3], "blocks.0.attn.proj.weight"},
                 {memory[4], "blocks.0.mlp.fc1.weight"},
                 {memory[5], "blocks.0.norm2.bias"}}));
  const std::vector<std::string> written = {
      "decoder.decoder_encoder.layer.1.layernorm_before.weight"};
  EXPECT_EQ(as_map(moves_to_official(written, NameStyle::kHuggingFace)),
            (Map{{written[0], "decoder_blocks.1.norm1.weight"}}));
}

TEST(KeyMap, IncompleteAndUnknownNamesHaveNoMove) {
  const std::vector<std::string> names = {"vit.layers.0.attention.q_proj.bias",
                                          "vit.layers.0.attention.k_proj.bias",
                                          "vit.pooler.dense.weight", "vit.layers.x.mlp.fc1.bias"};
  EXPECT_TRUE(moves_to_official(names, NameStyle::kHuggingFace).empty());
}

TEST(KeyMap, DistributedPrefixIsDroppedOnlyWhereAllHaveIt) {
  EXPECT_EQ(
      as_map(moves_to_official({"module.cls_token", "module.norm.bias"}, NameStyle::kOfficial)),
      (Map{{"module.cls_token", "cls_token"}, {"module.norm.bias", "norm.bias"}}));
  EXPECT_EQ(as_map(moves_to_official({"module.cls_token", "norm.bias"}, NameStyle::kOfficial)),
            (Map{{"module.cls_token", "module.cls_token"}, {"norm.bias", "norm.bias"}}));
}

// Official names go out and come back.
TEST(KeyMap, HuggingFaceNamesComeBack) {
  const std::vector<std::string> official = {"blocks.3.attn.proj.bias",
                                             "blocks.3.attn.qkv.weight",
                                             "blocks.3.mlp.fc2.weight",
                                             "cls_token",
                                             "decoder_blocks.0.norm1.bias",
                                             "decoder_embed.weight",
                                             "decoder_norm.weight",
                                             "decoder_pos_embed",
                                             "decoder_pred.bias",
                                             "head.weight",
                                             "mask_token",
                                             "norm.weight",
                                             "patch_embed.proj.weight",
                                             "pos_embed"};
  for (const char* prefix : {"vit.", ""}) {
    std::vector<std::string> out;
    for (const KeyMove& move : moves_to_hugging_face(official, prefix))
      out.insert(out.end(), move.to.begin(), move.to.end());
    EXPECT_EQ(out.size(), official.size() + 2) << "query, key and value";
    std::vector<std::string> back;
    for (const KeyMove& move : moves_to_official(out, NameStyle::kHuggingFace))
      back.push_back(move.to[0]);
    std::sort(back.begin(), back.end());
    EXPECT_EQ(back, official);
  }
}

TEST(KeyMap, StyleIsToldByNames) {
  EXPECT_EQ(name_style({"a", "patch_embed.proj.weight"}, "f"), NameStyle::kOfficial);
  EXPECT_EQ(name_style({"module.patch_embed.proj.weight"}, "f"), NameStyle::kOfficial);
  EXPECT_EQ(name_style({"vit.layernorm.bias"}, "f"), NameStyle::kHuggingFace);
  EXPECT_EQ(name_style({"embeddings.patch_embeddings.projection.bias"}, "f"),
            NameStyle::kHuggingFace);
  EXPECT_THROW(name_style({"conv1.weight"}, "f"), DataError);
  EXPECT_THROW(name_style({}, "f"), DataError);
}

}  // namespace
}  // namespace mae
