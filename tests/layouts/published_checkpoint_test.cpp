#include "mae/layouts/published_checkpoint.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "mae/base/error.h"
#include "tiny_checkpoint.h"

namespace mae {
namespace {

using Views = std::map<std::string, TensorView>;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string refusal_of(const std::string& path, const ImportHints& hints) {
  try {
    PublishedCheckpoint(path, hints);
    return "accepted";
  } catch (const Error& error) {
    return std::to_string(error.exit_code()) + ": " + error.what() + " (" + error.hint() + ")";
  }
}

TEST(PublishedCheckpoint, OfficialFileGivesSizesButNotHeads) {
  const std::string refusal = refusal_of(tiny_pth(), {});
  EXPECT_EQ(refusal.rfind("2: ", 0), 0U) << refusal;
  EXPECT_NE(refusal.find("--num-heads"), std::string::npos) << refusal;
  ImportHints encoder_only_said;
  encoder_only_said.num_heads = 4;
  EXPECT_NE(refusal_of(tiny_pth(), encoder_only_said).find("--decoder-num-heads"),
            std::string::npos);

  const PublishedCheckpoint published(tiny_pth(), tiny_hints());
  EXPECT_EQ(published.layout(), "official (pth)");
  EXPECT_EQ(published.config(), nlohmann::json({{"model", "mae"},
                                                {"img_size", {64, 64}},
                                                {"patch_size", {16, 16}},
                                                {"in_chans", 3},
                                                {"embed_dim", 48},
                                                {"depth", 3},
                                                {"num_heads", 4},
                                                {"mlp_ratio", 4.0},
                                                {"qkv_bias", true},
                                                {"layer_norm_eps", 1e-6},
                                                {"decoder_embed_dim", 32},
                                                {"decoder_depth", 2},
                                                {"decoder_num_heads", 2},
                                                {"norm_pix_loss", false}}));
  EXPECT_EQ(published.preprocessing()["mean"], nlohmann::json({0.485, 0.456, 0.406}));
  EXPECT_EQ(published.assumptions().size(), 1U) << "norm_pix_loss is not recorded";
  for (const KeyRecord& record : published.records()) {
    EXPECT_EQ(record.action, KeyAction::kTaken);
    EXPECT_EQ(record.from, record.to);
  }
}

TEST(PublishedCheckpoint, HeadsMustDivideTheWidth) {
  ImportHints hints = tiny_hints();
  hints.num_heads = 5;
  EXPECT_NE(refusal_of(tiny_pth(), hints).find("5 heads do not divide"), std::string::npos);
}

// The hub's spelling, that of transformers 5 in memory, and the one its 5.23 writes.
TEST(PublishedCheckpoint, AllSpellingsOfHuggingFaceAreTheSameModel) {
  const TemporaryFolder folder;
  const LoadedCheckpoint tiny(tiny_pth(), tiny_hints());
  write_layout(folder / "hub", Layout::kHuggingFace, tiny.parts);
  const SafetensorsFile hub(folder / "hub/model.safetensors");
  const std::string config = bytes_of(folder / "hub/config.json");
  const auto memory_name = [](std::string name) {
    name = replaced(name, "vit.encoder.layer.", "vit.layers.");
    name = replaced(name, "attention.attention.query", "attention.q_proj");
    name = replaced(name, "attention.attention.key", "attention.k_proj");
    name = replaced(name, "attention.attention.value", "attention.v_proj");
    name = replaced(name, "attention.output.dense", "attention.o_proj");
    name = replaced(name, "intermediate.dense", "mlp.fc1");
    return replaced(name, ".output.dense", ".mlp.fc2");
  };
  const auto written_name = [](const std::string& name) {
    return replaced(name, "decoder.decoder_layers.", "decoder.decoder_encoder.layer.");
  };
  std::map<std::string, std::function<std::string(std::string)>> spellings = {
      {"hub_again", [](const std::string& name) { return name; }},
      {"memory", memory_name},
      {"written", written_name}};
  for (const auto& [spelling, rename] : spellings) {
    std::map<std::string, std::string> bytes;
    Views views;
    for (const auto& [name, entry] : hub.entries()) {
      bytes[name].resize(static_cast<size_t>(entry.bytes));
      hub.read(name, bytes[name].data());
      views[rename(name)] = {entry.type, entry.shape, bytes[name].data()};
    }
    make_directories(folder / spelling);
    write_safetensors(folder / spelling + "/model.safetensors", views, {{"format", "pt"}});
    put_bytes(folder / spelling + "/config.json", config);
    expect_same_tensors(tiny, LoadedCheckpoint(folder / spelling), spelling);
    expect_same_tensors(tiny, LoadedCheckpoint(folder / spelling + "/model.safetensors"), spelling);
    const PublishedCheckpoint published(folder / spelling);
    EXPECT_EQ(published.layout(), "Hugging Face (safetensors)");
    EXPECT_EQ(published.config(), tiny.parts.config);
  }
}

TEST(PublishedCheckpoint, ShardedSetsAreOneModel) {
  const TemporaryFolder folder;
  const LoadedCheckpoint tiny(tiny_pth(), tiny_hints());
  write_layout(folder / "whole", Layout::kHuggingFace, tiny.parts);
  const SafetensorsFile whole(folder / "whole/model.safetensors");
  make_directories(folder / "set");
  put_bytes(folder / "set/config.json", bytes_of(folder / "whole/config.json"));
  std::map<std::string, std::string> bytes;
  std::map<std::string, Views> parts;
  nlohmann::json map;
  size_t i = 0;
  for (const auto& [name, entry] : whole.entries()) {
    bytes[name].resize(static_cast<size_t>(entry.bytes));
    whole.read(name, bytes[name].data());
    const std::string file =
        i++ % 2 == 0 ? "model-00001-of-00002.safetensors" : "model-00002-of-00002.safetensors";
    parts[file][name] = {entry.type, entry.shape, bytes[name].data()};
    map[name] = file;
  }
  for (const auto& [file, views] : parts) write_safetensors(folder / "set/" + file, views, {});
  const std::string index = folder / "set/model.safetensors.index.json";
  put_bytes(index, nlohmann::json({{"weight_map", map}}).dump());
  expect_same_tensors(tiny, LoadedCheckpoint(folder / "set"), "folder");
  expect_same_tensors(tiny, LoadedCheckpoint(index), "index");
  map.begin().value() = "../model.safetensors";
  put_bytes(index, nlohmann::json({{"weight_map", map}}).dump());
  EXPECT_NE(refusal_of(index, {}).find("outside its own folder"), std::string::npos);
}

TEST(PublishedCheckpoint, MismatchesAreRefusedUnlessNamed) {
  const TemporaryFolder folder;
  const LoadedCheckpoint tiny(tiny_pth(), tiny_hints());
  Views views = tiny.parts.tensors;
  views["head.0.running_mean"] = views["norm.bias"];
  const std::string extra = folder / "extra.safetensors";
  write_safetensors(extra, views, {});
  EXPECT_NE(refusal_of(extra, tiny_hints()).find("does not have: head.0.running_mean"),
            std::string::npos);
  ImportHints hints = tiny_hints();
  hints.allow_extra = {"head."};
  const PublishedCheckpoint with_extra(extra, hints);
  EXPECT_EQ(with_extra.tensors().count("head.0.running_mean"), 0U);
  EXPECT_EQ(with_extra.records().back().action, KeyAction::kLeftOver);

  views = tiny.parts.tensors;
  views.erase("decoder_norm.bias");
  const std::string lacking = folder / "lacking.safetensors";
  write_safetensors(lacking, views, {});
  EXPECT_NE(refusal_of(lacking, tiny_hints()).find("missing: decoder_norm.bias"),
            std::string::npos);
  hints = tiny_hints();
  hints.allow_missing = {"decoder_norm.b"};
  EXPECT_EQ(PublishedCheckpoint(lacking, hints).missing(),
            std::vector<std::string>{"decoder_norm.bias"});

  views = tiny.parts.tensors;
  views["norm.bias"].shape = {47};
  const std::string wrong = folder / "wrong.safetensors";
  write_safetensors(wrong, views, {});
  hints.allow_missing = hints.allow_extra = {""};
  EXPECT_NE(refusal_of(wrong, hints).find("shape 47; expected 48"), std::string::npos)
      << "a shape is never overlooked";
}

TEST(PublishedCheckpoint, DistributedPrefixIsDropped) {
  const TemporaryFolder folder;
  const LoadedCheckpoint tiny(tiny_pth(), tiny_hints());
  Views views;
  for (const auto& [name, view] : tiny.parts.tensors) views["module." + name] = view;
  write_safetensors(folder / "m.safetensors", views, {});
  expect_same_tensors(tiny, LoadedCheckpoint(folder / "m.safetensors", tiny_hints()), "module.");
}

// The files as the published programs wrote them, where they are.
TEST(PublishedCheckpoint, ReferenceFilesAreOneModel) {
  const char* reference = std::getenv("MAE_REFERENCE_DIR");
  if (reference == nullptr) GTEST_SKIP() << "MAE_REFERENCE_DIR is not set";
  const std::string folder = std::string(reference) + "/mae/checkpoint/";
  const LoadedCheckpoint tiny(tiny_pth(), tiny_hints());
  expect_same_tensors(tiny, LoadedCheckpoint(folder + "official.pth", tiny_hints()), "official");
  expect_same_tensors(tiny, LoadedCheckpoint(folder + "huggingface"), "huggingface");
  expect_same_tensors(tiny, LoadedCheckpoint(folder + "huggingface_v5"), "huggingface_v5");
  const PublishedCheckpoint training(folder + "official.pth", tiny_hints());
  EXPECT_EQ(training.config()["norm_pix_loss"], true) << "from the training arguments";
  EXPECT_EQ(training.extra()["imported"]["epoch"], 7);
  ImportHints heads;
  heads.num_heads = 4;
  const LoadedCheckpoint timm(folder + "timm_vit.safetensors", heads);
  for (const auto& [name, tensor] : timm.loaded) EXPECT_EQ(timm.bytes(name), tiny.bytes(name));
  EXPECT_EQ(timm.parts.config["decoder_embed_dim"], 0);
}

}  // namespace
}  // namespace mae
