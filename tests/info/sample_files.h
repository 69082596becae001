// A folder with a shard, a checkpoint and a run, made anew for each test.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/base/provenance.h"
#include "mae/io/safetensors_file.h"
#include "mae/io/shard_writer.h"

namespace mae::test {

class SampleFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "info_test_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  static Provenance provenance() {
    Provenance record;
    record.program = "mae-patchify";
    record.version = "0.1.0";
    record.arguments = {"--image-size=8x8", "my photos"};
    record.inputs = {{"my photos/a.png", "xxh3:00"}};
    return record;
  }

  // Two samples of four patches of three values, a label each, two class names.
  std::string write_shard(const std::string& name) const {
    DatasetSpec patches{"patches", ElementType::kUint8, {4, 3}, {"patch", "value"}};
    patches.attributes = {{"patch_size", {4, 4}}};
    ShardWriter writer(path(name), 2, {patches, {"labels", ElementType::kInt64, {}, {}}});
    std::vector<std::uint8_t> bytes(24);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 + 11);
    const std::int64_t labels[] = {0, 1};
    writer.append("patches", bytes.data(), 2);
    writer.append("labels", labels, 2);
    writer.write_text("class_names", {"cat", "dog"});
    writer.commit(provenance());
    return path(name);
  }

  std::string write_checkpoint(const std::string& name, const nlohmann::json& extra) const {
    const std::vector<float> weights = {1, 2, 3, 4, 5, 6};
    Provenance record = provenance();
    record.program = "mae-pretrain";
    record.parents = {nlohmann::json::parse(provenance().to_json())};
    write_safetensors(path(name),
                      {{"patch_embed.proj.weight", {ElementType::kFloat32, {2, 3}, weights.data()}},
                       {"patch_embed.proj.bias", {ElementType::kFloat32, {2}, weights.data()}}},
                      {{"format", "pt"},
                       {"mae.config", R"({"model":"mae","embed_dim":8})"},
                       {"mae.preprocessing", R"({"channels":3})"},
                       {"mae.provenance", record.to_json()},
                       {"mae.extra", extra.dump()}});
    return path(name);
  }

  std::string write_run(const std::string& name) const {
    std::filesystem::create_directory(path(name));
    write_checkpoint(name + "/checkpoint.safetensors", {{"epoch", 2}});
    write_checkpoint(name + "/state.safetensors", {{"position", {{"step", 40}, {"epoch", 2}}}});
    std::ofstream(path(name) + "/log.jsonl")
        << "{\"step\":20}\n{\"step\":40,\"loss\":0.5}\n{\"step\":6";
    return path(name);
  }

  // Changes one byte of a file.
  static void damage(const std::string& path, std::streamoff from_end) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(-from_end, std::ios::end);
    const auto position = file.tellg();
    const int byte = file.get();
    file.seekp(position);
    file.put(static_cast<char>(byte ^ 0x40));
  }

  std::string folder_;
};

}  // namespace mae::test
