// Writing, reading and refusing checkpoints.
#include "mae/models/checkpoint.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mae/base/error.h"
#include "mae/models/mae.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

class CheckpointTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("mae-checkpoint-" + std::to_string(getpid()));
    fs::create_directories(folder_);
    MaeOptions o;
    o.img_size = {16, 16};
    o.patch_size = {4, 4};
    o.embed_dim = 12;
    o.depth = 1;
    o.num_heads = 2;
    o.decoder_embed_dim = 8;
    o.decoder_depth = 1;
    o.decoder_num_heads = 2;
    model_ = std::make_shared<Mae>(o);
    model_->initialize(4);
    checkpoint_.config = model_->config();
    Preprocessing& preprocessing = checkpoint_.preprocessing;
    preprocessing.image_size = {16, 16};
    preprocessing.mean = {.5, .5, .5};
    preprocessing.std = {.2, .2, .2};
    checkpoint_.provenance = {{"program", "test"}};
    checkpoint_.extra = {{"step", 3}};
    checkpoint_.tensors = state_dict(*model_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }

  fs::path folder_;
  std::shared_ptr<Mae> model_;
  Checkpoint checkpoint_;
};

TEST_F(CheckpointTest, RoundTripKeepsEveryBit) {
  write_checkpoint(path("a.safetensors"), checkpoint_);
  const Checkpoint read = read_checkpoint(path("a.safetensors"));
  EXPECT_EQ(read.config, checkpoint_.config);
  EXPECT_EQ(read.provenance, checkpoint_.provenance);
  EXPECT_EQ(read.extra, checkpoint_.extra);
  EXPECT_EQ(read.preprocessing.std, checkpoint_.preprocessing.std);
  ASSERT_EQ(read.tensors.size(), checkpoint_.tensors.size());
  for (const auto& [name, tensor] : checkpoint_.tensors)
    EXPECT_TRUE(at::equal(read.tensors.at(name), tensor)) << name;
  const auto again = load_masked_model(read, "a");
  for (const auto& [name, tensor] : state_dict(*again))
    EXPECT_TRUE(at::equal(checkpoint_.tensors.at(name), tensor));
}

TEST_F(CheckpointTest, EqualModelsGiveEqualBytes) {
  write_checkpoint(path("a.safetensors"), checkpoint_);
  write_checkpoint(path("b.safetensors"), checkpoint_);
  std::ifstream a(path("a.safetensors"), std::ios::binary),
      b(path("b.safetensors"), std::ios::binary);
  const std::string bytes_a((std::istreambuf_iterator<char>(a)), {}),
      bytes_b((std::istreambuf_iterator<char>(b)), {});
  EXPECT_EQ(bytes_a, bytes_b);
  EXPECT_GT(bytes_a.size(), 1000u);
}

TEST_F(CheckpointTest, ARunDirectoryStandsForItsCheckpoint) {
  write_checkpoint(path("checkpoint.safetensors"), checkpoint_);
  EXPECT_EQ(read_checkpoint_header(folder_.string()).config, checkpoint_.config);
}

TEST_F(CheckpointTest, AnotherImageSizeResizesThePositionTables) {
  const auto larger = load_masked_model(checkpoint_, "a", {24, 16});
  EXPECT_EQ(larger->grid(), (Size2d{6, 4}));
  const auto tensors = state_dict(*larger);
  EXPECT_EQ(tensors.at("pos_embed").size(1), 25);
  EXPECT_EQ(tensors.at("decoder_pos_embed").size(1), 25);
  EXPECT_TRUE(at::equal(tensors.at("blocks.0.attn.qkv.weight"),
                        checkpoint_.tensors.at("blocks.0.attn.qkv.weight")));
}

TEST_F(CheckpointTest, DamageIsNamed) {
  EXPECT_THROW(read_checkpoint(path("missing.safetensors")), DataError);
  Checkpoint broken = checkpoint_;
  broken.tensors.erase("norm.weight");
  EXPECT_THROW(load_masked_model(broken, "x"), DataError);
  broken = checkpoint_;
  broken.tensors["extra.weight"] = checkpoint_.tensors.at("norm.weight");
  EXPECT_THROW(load_masked_model(broken, "x"), DataError);
  broken = checkpoint_;
  broken.tensors["norm.weight"] = checkpoint_.tensors.at("norm.weight").slice(0, 1);
  EXPECT_THROW(load_masked_model(broken, "x"), DataError);
  for (const nlohmann::json& config :
       {nlohmann::json::object(), nlohmann::json{{"model", "mae"}, {"img_size", "x"}},
        nlohmann::json{{"model", 3}}, nlohmann::json{{"model", "mae"}}}) {
    broken = checkpoint_;
    broken.config = config;
    EXPECT_THROW(load_masked_model(broken, "x"), DataError) << config;
  }
  broken = checkpoint_;
  broken.preprocessing.std = {0.0, 1.0, 1.0};
  write_checkpoint(path("std.safetensors"), broken);
  EXPECT_THROW(read_checkpoint(path("std.safetensors")), DataError);
  EXPECT_THROW(load_classifier(checkpoint_, "x"), DataError);
}

}  // namespace
}  // namespace mae
