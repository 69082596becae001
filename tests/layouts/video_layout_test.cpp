// VideoMAE's files: names there and back, and what their shapes and words say.
#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/layouts/staged_config.h"
#include "mae/layouts/video_key_map.h"

namespace mae {
namespace {

using nlohmann::json;
using Tensors = std::map<std::string, TensorInfo>;

void add_blocks(Tensors* tensors, const std::string& prefix, int64_t depth, int64_t width) {
  for (int64_t i = 0; i < depth; ++i) {
    const std::string block = prefix + std::to_string(i) + ".";
    const std::map<std::string, std::vector<int64_t>> shapes = {
        {"norm1.weight", {width}},
        {"norm1.bias", {width}},
        {"attn.q_bias", {width}},
        {"attn.v_bias", {width}},
        {"attn.qkv.weight", {3 * width, width}},
        {"attn.proj.weight", {width, width}},
        {"attn.proj.bias", {width}},
        {"norm2.weight", {width}},
        {"norm2.bias", {width}},
        {"mlp.fc1.weight", {4 * width, width}},
        {"mlp.fc1.bias", {4 * width}},
        {"mlp.fc2.weight", {width, 4 * width}},
        {"mlp.fc2.bias", {width}}};
    for (const auto& [name, shape] : shapes) (*tensors)[block + name].shape = shape;
  }
}

/// Of the published small model.
Tensors small(bool with_decoder = true) {
  Tensors tensors;
  tensors["encoder.patch_embed.proj.weight"].shape = {384, 3, 2, 16, 16};
  tensors["encoder.patch_embed.proj.bias"].shape = {384};
  add_blocks(&tensors, "encoder.blocks.", 12, 384);
  for (const char* leaf : {"weight", "bias"})
    tensors[std::string("encoder.norm.") + leaf].shape = {384};
  if (!with_decoder) return tensors;
  tensors["mask_token"].shape = {1, 1, 192};
  tensors["encoder_to_decoder.weight"].shape = {192, 384};
  add_blocks(&tensors, "decoder.blocks.", 4, 192);
  for (const char* leaf : {"weight", "bias"})
    tensors[std::string("decoder.norm.") + leaf].shape = {192};
  tensors["decoder.head.weight"].shape = {1536, 192};
  tensors["decoder.head.bias"].shape = {1536};
  return tensors;
}

std::vector<std::string> names_of(const Tensors& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, info] : tensors) names.push_back(name);
  return names;
}

json infer(const Tensors& tensors, const json& hugging_face = nullptr, ImportHints hints = {}) {
  OpenedWeights weights;
  weights.config = hugging_face;
  const auto inferred = infer_staged_config(tensors, weights, hints, "file.pth");
  EXPECT_TRUE(inferred.has_value());
  return inferred ? inferred->config : json();
}

TEST(VideoLayout, OfficialFilesSayAllButFrames) {
  const json config = infer(small());
  EXPECT_EQ(config["model"], "video_mae");
  EXPECT_EQ(config["embed_dim"], 384);
  EXPECT_EQ(config["depth"], 12);
  EXPECT_EQ(config["num_heads"], 6);
  EXPECT_EQ(config["decoder_embed_dim"], 192);
  EXPECT_EQ(config["decoder_depth"], 4);
  EXPECT_EQ(config["decoder_num_heads"], 3);
  EXPECT_EQ(config["num_frames"], 16);
  EXPECT_EQ(config["tubelet_size"], 2);
  EXPECT_EQ(config["img_size"], json({224, 224}));
  EXPECT_EQ(config["layer_norm_eps"], 1e-6);
  EXPECT_FALSE(config.contains("head_norm_eps"));
  EXPECT_EQ(config["pixel_std"], json({0.229, 0.224, 0.225}));
}

// The hub's small model says 16 heads; it was trained with 6 (spec 6.4).
TEST(VideoLayout, TheSmallModelHasSixHeadsWhateverItsFileSays) {
  const json said = {{"num_attention_heads", 16}, {"layer_norm_eps", 1e-12}, {"num_frames", 16}};
  EXPECT_EQ(infer(small(), said)["num_heads"], 6);
  ImportHints hints;
  hints.num_heads = 16;
  EXPECT_EQ(infer(small(), said, hints)["num_heads"], 16);
}

TEST(VideoLayout, TransformersHasAnEpsOfItsOwn) {
  const json config = infer(small(), {{"layer_norm_eps", 1e-12}});
  EXPECT_EQ(config["layer_norm_eps"], 1e-12);
  EXPECT_EQ(config["head_norm_eps"], 1e-5);
}

TEST(VideoLayout, TheHugeModelsFileHasNoDecoder) {
  EXPECT_EQ(infer(small(/*with_decoder=*/false))["decoder_embed_dim"], 0);
}

TEST(VideoLayout, NamesGoToHuggingFaceAndBack) {
  const std::vector<std::string> ours = names_of(small());
  const std::vector<KeyMove> there = video_moves_to_hugging_face(ours, "videomae.");
  ASSERT_EQ(there.size(), ours.size());
  std::vector<std::string> theirs;
  for (const KeyMove& move : there) theirs.insert(theirs.end(), move.to.begin(), move.to.end());
  EXPECT_TRUE(is_hugging_face_video(theirs));
  std::map<std::string, std::vector<std::string>> back;
  for (const KeyMove& move : video_moves_to_official(theirs)) back[move.to[0]] = move.from;
  ASSERT_EQ(back.size(), ours.size());
  for (const KeyMove& move : there) EXPECT_EQ(back[move.from[0]], move.to);
}

TEST(VideoLayout, BiasesAreKnownInBothSpellings) {
  const std::string attention = "videomae.encoder.layer.0.attention.attention.";
  for (const auto& [query, value] :
       {std::make_pair("q_bias", "v_bias"), std::make_pair("query.bias", "value.bias")}) {
    const std::vector<std::string> names{attention + query, attention + value};
    const std::vector<KeyMove> moves = video_moves_to_official(names);
    ASSERT_EQ(moves.size(), 2u);
    EXPECT_EQ(moves[0].to[0], "encoder.blocks.0.attn.q_bias");
    EXPECT_EQ(moves[1].to[0], "encoder.blocks.0.attn.v_bias");
  }
}

TEST(VideoLayout, AClassifiersEncoderHasNoPrefix) {
  const std::vector<KeyMove> moves = video_moves_to_official(
      {"classifier.weight", "fc_norm.bias", "videomae.encoder.layer.3.output.dense.bias"});
  ASSERT_EQ(moves.size(), 3u);
  EXPECT_EQ(moves[0].to[0], "head.weight");
  EXPECT_EQ(moves[1].to[0], "fc_norm.bias");
  EXPECT_EQ(moves[2].to[0], "blocks.3.mlp.fc2.bias");
}

}  // namespace
}  // namespace mae
