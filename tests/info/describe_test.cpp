#include "mae/info/describe.h"

#include "mae/base/error.h"
#include "sample_files.h"

namespace mae {
namespace {

using DescribeTest = test::SampleFiles;

TEST_F(DescribeTest, AShard) {
  const auto shard = describe(write_shard("a.h5"));
  EXPECT_EQ(shard.at("kind"), "patch shard");
  EXPECT_EQ(shard.at("samples"), 2);
  EXPECT_EQ(shard.at("class_names"), 2);
  EXPECT_EQ(shard.at("program"), "mae-patchify");
  const auto& patches = shard.at("datasets").at("/patches");
  EXPECT_EQ(patches.at("type"), "uint8");
  EXPECT_EQ(patches.at("shape"), nlohmann::ordered_json({2, 4, 3}));
  EXPECT_EQ(patches.at("dimensions"), nlohmann::ordered_json({"sample", "patch", "value"}));
  EXPECT_EQ(patches.at("attributes").at("patch_size"), nlohmann::ordered_json({4, 4}));
  EXPECT_FALSE(shard.at("datasets").contains("/class_names"));
}

TEST_F(DescribeTest, ACheckpoint) {
  const auto checkpoint = describe(write_checkpoint("m.safetensors", {{"epoch", 2}}));
  EXPECT_EQ(checkpoint.at("kind"), "checkpoint");
  EXPECT_EQ(checkpoint.at("parameters"), 8);
  EXPECT_EQ(checkpoint.at("tensors"), 2);
  EXPECT_EQ(checkpoint.at("types"), nlohmann::ordered_json({"float32"}));
  EXPECT_EQ(checkpoint.at("config").at("embed_dim"), 8);
  EXPECT_EQ(checkpoint.at("extra").at("epoch"), 2);
  EXPECT_EQ(checkpoint.at("has_checksums"), true);
  EXPECT_EQ(checkpoint.at("program"), "mae-pretrain");
}

TEST_F(DescribeTest, AForeignFileOfTensors) {
  const float weight = 1;
  write_safetensors(path("f.safetensors"), {{"w", {ElementType::kFloat32, {1}, &weight}}},
                    {{"format", "pt"}});
  const auto file = describe(path("f.safetensors"));
  EXPECT_EQ(file.at("kind"), "tensors of another program");
  EXPECT_EQ(file.at("metadata").at("format"), "pt");
  EXPECT_FALSE(file.contains("program"));
}

TEST_F(DescribeTest, ABasisOfPatchesIsNoCheckpoint) {
  const std::vector<float> numbers = {1, 2, 3, 4};
  write_safetensors(path("pca.safetensors"),
                    {{"basis", {ElementType::kFloat32, {1, 4}, numbers.data()}},
                     {"mean", {ElementType::kFloat32, {4}, numbers.data()}}},
                    {{"mae.target", R"({"target":"pca","patch_size":[2,2]})"},
                     {"mae.provenance", provenance().to_json()}});
  const auto file = describe(path("pca.safetensors"));
  EXPECT_EQ(file.at("kind"), "basis of patches");
  EXPECT_EQ(file.at("parameters"), 8);
  EXPECT_EQ(file.at("target").at("patch_size").dump(), "[2,2]");
  EXPECT_EQ(file.at("program"), "mae-patchify");
}

TEST_F(DescribeTest, ARun) {
  const auto run = describe(write_run("run"));
  EXPECT_EQ(run.at("kind"), "training run");
  EXPECT_EQ(run.at("files").size(), 3u);
  EXPECT_EQ(run.at("position").at("step"), 40);
  EXPECT_EQ(run.at("last_log_line").at("loss"), 0.5);  // the half-written line after it is no line
  EXPECT_EQ(run.at("parameters"), 8);
}

TEST_F(DescribeTest, AFolderOfShards) {
  write_shard("b.h5");
  write_shard("a.h5");
  const auto folder = describe(folder_);
  EXPECT_EQ(folder.at("samples"), 4);
  ASSERT_EQ(folder.at("shards").size(), 2u);
  EXPECT_EQ(folder.at("shards")[0].at("file"), path("a.h5"));
}

TEST_F(DescribeTest, MetadataThatIsNotJsonIsNamed) {
  const float weight = 1;
  write_safetensors(path("x.safetensors"), {{"w", {ElementType::kFloat32, {1}, &weight}}},
                    {{"mae.config", "{broken"}});
  try {
    describe(path("x.safetensors"));
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_NE(error.line().find("mae.config"), std::string::npos) << error.line();
  }
}

TEST_F(DescribeTest, ListsTensorsOfEveryMember) {
  const auto rows = list_tensors(write_run("run"));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].name, "patch_embed.proj.bias");
  EXPECT_EQ(rows[0].shape, std::vector<int64_t>{2});
  EXPECT_EQ(list_tensors(write_shard("a.h5"))[0].name[0], '/');
}

TEST_F(DescribeTest, ProvenanceOfARunIsItsCheckpoints) {
  EXPECT_EQ(provenance_of_file(write_run("run")).at("program"), "mae-pretrain");
  EXPECT_EQ(provenance_of_file(write_shard("a.h5")).at("program"), "mae-patchify");
}

}  // namespace
}  // namespace mae
