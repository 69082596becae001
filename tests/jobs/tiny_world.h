// What the tests of jobs work on: a folder of their own, patch shards of a few small pictures and a
// tiny model.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mae/base/random_stream.h"
#include "mae/io/shard_reader.h"
#include "mae/io/shard_writer.h"
#include "mae/models/checkpoint.h"
#include "mae/models/mae.h"

namespace mae {

/// A shard of pictures whose bytes follow from their names.
struct TinyShard {
  int64_t samples = 5;
  Size2d grid{4, 4}, patch_size{4, 4};
  int64_t channels = 3;
  std::string prefix = "cat/";
  std::vector<double> mean{0.5, 0.4, 0.3}, std{0.2, 0.25, 0.3};
  std::string program = "mae-patchify";
  std::function<std::vector<uint8_t>(int64_t)> rows;  ///< patches of a sample; empty: noise
};

class TinyWorld : public ::testing::Test {
 protected:
  TinyWorld() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mae_jobs_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~TinyWorld() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  std::string write_shard(const std::string& name, const TinyShard& tiny = {}) const {
    const int64_t L = tiny.grid.area(), P = tiny.patch_size.area() * tiny.channels;
    const std::vector<double> mean(tiny.mean.begin(), tiny.mean.begin() + tiny.channels);
    const std::vector<double> std(tiny.std.begin(), tiny.std.begin() + tiny.channels);
    DatasetSpec patches;
    patches.name = "patches";
    patches.sample_shape = {L, P};
    patches.dimensions = {"patch", "value"};
    patches.attributes = {{"patch_size", {tiny.patch_size.height, tiny.patch_size.width}},
                          {"grid", {tiny.grid.height, tiny.grid.width}},
                          {"channels", tiny.channels},
                          {"mean", mean},
                          {"std", std}};
    DatasetSpec labels, names;
    labels.name = "labels";
    labels.type = ElementType::kInt64;
    names.name = "names";
    names.is_text = true;
    ShardWriter writer(path(name), tiny.samples, {patches, labels, names});
    for (int64_t i = 0; i < tiny.samples; ++i) {
      const std::string sample = tiny.prefix + std::to_string(i) + ".png";
      const std::vector<uint8_t> pixels = tiny.rows ? tiny.rows(i) : sample_bytes(sample, L * P);
      const int64_t label = i % 2;
      writer.append("patches", pixels.data(), 1);
      writer.append("labels", &label, 1);
      writer.append_text("names", {sample});
    }
    writer.write_text("class_names", {"cat", "dog"});
    Provenance provenance;
    provenance.program = tiny.program;
    writer.commit(provenance);
    return path(name);
  }

  static std::vector<uint8_t> sample_bytes(const std::string& name, int64_t count) {
    RandomStream random(1, "pixels", 0, sample_id(name));
    std::vector<uint8_t> bytes(static_cast<size_t>(count));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.below(256));
    return bytes;
  }

  static MaeOptions tiny_options() {
    MaeOptions options;
    options.img_size = {16, 16};
    options.patch_size = {4, 4};
    options.embed_dim = 16;
    options.depth = 2;
    options.num_heads = 2;
    options.decoder_embed_dim = 16;
    options.decoder_depth = 1;
    options.decoder_num_heads = 2;
    return options;
  }

  static std::shared_ptr<Mae> tiny_model(const MaeOptions& options = tiny_options()) {
    auto model = std::make_shared<Mae>(options);
    model->initialize(1);
    model->eval();
    return model;
  }

  std::string write_model(const std::string& name, const Mae& model) const {
    Checkpoint checkpoint;
    checkpoint.config = model.config();
    checkpoint.preprocessing.image_size = model.img_size();
    checkpoint.preprocessing.channels = model.in_chans();
    checkpoint.preprocessing.mean.assign(static_cast<size_t>(model.in_chans()), 0.5);
    checkpoint.preprocessing.std.assign(static_cast<size_t>(model.in_chans()), 0.25);
    checkpoint.provenance = {{"program", "mae-pretrain"}};
    checkpoint.tensors = state_dict(model);
    write_checkpoint(path(name), checkpoint);
    return path(name);
  }

  std::string folder_;
};

}  // namespace mae
