// Runs of a tiny MAE on pictures in memory, for tests of the training loop.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/temporary_folder.h"
#include "mae/base/error.h"
#include "mae/models/mae.h"
#include "mae/report/run_log.h"
#include "mae/train/pretrain.h"
#include "support/memory_dataset.h"

namespace mae::test {

inline MaeOptions tiny_mae() {
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

inline PretrainOptions tiny_recipe() {
  PretrainOptions options;
  options.batch_size = 4;
  options.epochs = 3;
  options.warmup_epochs = 1;
  options.lr = 1e-3;
  options.augment.img_size = {16, 16};
  options.augment.augment = Augment::kCrop;
  options.seed = 5;
  return options;
}

/// A tiny model, data, and the description a job would give.
struct PretrainWorld {
  std::shared_ptr<SampleDataset> train =
      std::make_shared<MemoryDataset>(18, Size2d{20, 24}, 3, /*seed=*/1);
  std::shared_ptr<SampleDataset> validation;
  const std::vector<std::vector<uint8_t>>* masks = nullptr;
  EncoderProbe probe;
  std::function<std::shared_ptr<MaskedModel>()> make_model = [] {
    return std::make_shared<Mae>(tiny_mae());
  };
  std::shared_ptr<MaskedModel> model;

  PretrainReport run(const std::string& path, const PretrainOptions& options, bool resume = false,
                     Progress* progress = nullptr) {
    model = make_model();
    model->initialize(options.seed);
    Checkpoint description;
    description.preprocessing.image_size = {16, 16};
    description.preprocessing.mean = train->pixel_stats().mean;
    description.preprocessing.std = train->pixel_stats().std;
    description.provenance = {{"program", "mae-pretrain"}, {"resumed", resume}};
    RunDirectory folder(path, resume);
    Progress silent;
    return pretrain(*model, {train, validation, masks, /*target_digest=*/"", probe}, options,
                    description, folder, progress ? *progress : silent);
  }
};

/// The log without what differs between two equal runs.
inline std::vector<nlohmann::ordered_json> log_of(const std::string& run) {
  std::vector<nlohmann::ordered_json> lines = read_run_log(run + "/log.jsonl");
  for (auto& line : lines) line.erase("images_per_second");
  return lines;
}

inline void expect_equal_runs(const std::string& a, const std::string& b) {
  for (const char* file : {"/checkpoint.safetensors", "/state.safetensors"})
    EXPECT_TRUE(bytes_of(a + file) == bytes_of(b + file)) << file << " of " << a << " and " << b;
  EXPECT_EQ(log_of(a), log_of(b));
}

}  // namespace mae::test
