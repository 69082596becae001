#include "mae/layouts/layout_writer.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/pth/torch_file.h"
#include "tiny_checkpoint.h"

namespace mae {
namespace {

TEST(LayoutWriter, OutputNamesChooseTheLayout) {
  const TemporaryFolder folder;
  EXPECT_EQ(layout_of_output("a.safetensors"), Layout::kMae);
  EXPECT_EQ(layout_of_output("a.pth"), Layout::kOfficial);
  EXPECT_EQ(layout_of_output("a/"), Layout::kHuggingFace);
  EXPECT_EQ(layout_of_output(folder.path()), Layout::kHuggingFace);
  EXPECT_THROW(layout_of_output("a.bin"), UsageError);
  EXPECT_THROW(parse_layout("onnx"), UsageError);
}

// Out and back, the tensors and the configuration are the same.
TEST(LayoutWriter, RoundTripsKeepEveryBit) {
  const TemporaryFolder folder;
  const LoadedCheckpoint tiny(tiny_pth(), tiny_hints());
  write_layout(folder / "a.pth", Layout::kOfficial, tiny.parts);
  write_layout(folder / "hf", Layout::kHuggingFace, tiny.parts);
  for (const char* name : {"a.pth", "hf"}) {
    const LoadedCheckpoint back(folder / name);
    expect_same_tensors(tiny, back, name);
    EXPECT_EQ(back.parts.config, tiny.parts.config) << name;
    EXPECT_EQ(back.parts.preprocessing["mean"], tiny.parts.preprocessing["mean"]) << name;
  }
  write_layout(folder / "m.safetensors", Layout::kMae, tiny.parts);
  EXPECT_FALSE(is_published_checkpoint(folder / "m.safetensors")) << "it is ours";
}

// What an ablation changes is said by our configuration alone.
TEST(LayoutWriter, AblationsStayInOurOwnLayout) {
  const LoadedCheckpoint tiny(tiny_pth(), tiny_hints());
  const auto writes = [&](Layout layout, const nlohmann::json& change) {
    CheckpointParts parts = tiny.parts;
    parts.config.update(change);
    try {
      plan_layout(layout, parts);
      return true;
    } catch (const UsageError&) {
      return false;
    }
  };
  const nlohmann::json encoder_changes[] = {{{"class_token", false}}, {{"key_bias", false}}};
  const nlohmann::json decoder_changes[] = {
      {{"encoder_mask_tokens", true}}, {{"target", "tokens"}}, {{"target", "norm-pixels-channel"}}};
  for (const Layout layout : {Layout::kOfficial, Layout::kHuggingFace, Layout::kTimm}) {
    for (const auto& change : encoder_changes) EXPECT_FALSE(writes(layout, change)) << change;
    for (auto change : decoder_changes) {
      EXPECT_EQ(writes(layout, change), layout == Layout::kTimm) << change;
      change["decoder_embed_dim"] = 0;
      EXPECT_TRUE(writes(layout, change)) << change;
    }
    EXPECT_TRUE(writes(layout, {{"predict", "hidden"}, {"pos_embed", "sincos1d"}}));
  }
  for (const auto& change : encoder_changes) EXPECT_TRUE(writes(Layout::kMae, change)) << change;
  for (const auto& change : decoder_changes) EXPECT_TRUE(writes(Layout::kMae, change)) << change;
}

TEST(LayoutWriter, TimmGetsTheEncoderOnly) {
  const TemporaryFolder folder;
  const LoadedCheckpoint tiny(tiny_pth(), tiny_hints());
  for (const KeyRecord& record : plan_layout(Layout::kTimm, tiny.parts)) {
    const bool is_decoder = record.from[0].find("decoder") == 0 || record.from[0] == "mask_token";
    EXPECT_EQ(record.action, is_decoder ? KeyAction::kLeftOver : KeyAction::kTaken);
  }
  write_layout(folder / "t.safetensors", Layout::kTimm, tiny.parts);
  const SafetensorsFile file(folder / "t.safetensors");
  EXPECT_EQ(file.entries().size(), 4U + 3 * 12 + 2);
  EXPECT_EQ(file.entries().count("mask_token"), 0U);
  EXPECT_EQ(nlohmann::json::parse(file.metadata().at("mae.config"))["decoder_embed_dim"], 0);
}

TEST(LayoutWriter, EncodersHaveNoPrefixAtHuggingFace) {
  const TemporaryFolder folder;
  LoadedCheckpoint tiny(tiny_pth(), tiny_hints());
  for (auto tensor = tiny.parts.tensors.begin(); tensor != tiny.parts.tensors.end();) {
    const bool is_decoder = tensor->first.find("decoder") == 0 || tensor->first == "mask_token";
    tensor = is_decoder ? tiny.parts.tensors.erase(tensor) : std::next(tensor);
  }
  tiny.parts.config["decoder_embed_dim"] = 0;
  write_layout(folder / "hf", Layout::kHuggingFace, tiny.parts);
  EXPECT_EQ(SafetensorsFile(folder / "hf/model.safetensors").entries().count("layernorm.bias"), 1U);
  const nlohmann::json config = nlohmann::json::parse(read_file(folder / "hf/config.json"));
  EXPECT_EQ(config["architectures"][0], "ViTMAEModel");
  EXPECT_EQ(LoadedCheckpoint(folder / "hf").loaded.size(), tiny.parts.tensors.size());
}

// Both poolings: the class token's classifier exists at Hugging Face, the mean's does not.
TEST(LayoutWriter, Classifiers) {
  const TemporaryFolder folder;
  LoadedCheckpoint tiny(tiny_pth(), tiny_hints());
  std::map<std::string, TensorView> encoder;
  for (const auto& [name, view] : tiny.parts.tensors) {
    if (name.find("decoder") != 0 && name != "mask_token") encoder[name] = view;
  }
  const std::vector<float> head(5 * 48, 0.25F), bias(5, 1.0F);
  encoder["head.weight"] = {ElementType::kFloat32, {5, 48}, head.data()};
  encoder["head.bias"] = {ElementType::kFloat32, {5}, bias.data()};
  CheckpointParts parts = tiny.parts;
  parts.extra = {{"class_names", {"a", "b", "c", "d", "e"}}};
  parts.config["model"] = "vit_classifier";
  parts.config["num_classes"] = 5;
  parts.config["global_pool"] = false;
  parts.config["drop_path_rate"] = 0.1;
  parts.tensors = encoder;
  write_layout(folder / "cls", Layout::kHuggingFace, parts);
  const PublishedCheckpoint back(folder / "cls");
  EXPECT_EQ(back.config()["model"], "vit_classifier");
  EXPECT_EQ(back.config()["global_pool"], false);
  EXPECT_EQ(back.extra()["class_names"], parts.extra["class_names"]);
  EXPECT_EQ(back.tensors().size(), encoder.size());

  parts.config["global_pool"] = true;
  for (const char* leaf : {"weight", "bias"}) {
    parts.tensors[std::string("fc_norm.") + leaf] = encoder[std::string("norm.") + leaf];
    parts.tensors.erase(std::string("norm.") + leaf);
  }
  EXPECT_THROW(plan_layout(Layout::kHuggingFace, parts), UsageError);
  write_layout(folder / "mean.pth", Layout::kOfficial, parts);
  EXPECT_EQ(PublishedCheckpoint(folder / "mean.pth").config()["global_pool"], true);
}

TEST(LayoutWriter, NoClobber) {
  const TemporaryFolder folder;
  const LoadedCheckpoint tiny(tiny_pth(), tiny_hints());
  for (const Layout layout : {Layout::kOfficial, Layout::kHuggingFace, Layout::kTimm}) {
    const std::string path = folder / "out" + std::to_string(static_cast<int>(layout));
    write_layout(path, layout, tiny.parts, Overwrite::kRefuse);
    EXPECT_THROW(write_layout(path, layout, tiny.parts, Overwrite::kRefuse), UsageError);
  }
}

}  // namespace
}  // namespace mae
