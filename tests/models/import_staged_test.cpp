// Files of bare tensors, as other programs save models with stages, become the same models again.
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/io/safetensors_file.h"
#include "mae/layouts/layout_writer.h"
#include "mae/models/checkpoint.h"
#include "mae/models/import_checkpoint.h"
#include "mae/models/registry.h"

namespace mae {
namespace {

using nlohmann::json;

struct Case {
  const char* name;
  json config;
  int64_t num_heads;
};

const json kConv = {{"img_size", {32, 32}},     {"patch_size", {16, 16}},
                    {"embed_dim", {8, 12, 24}}, {"depth", {1, 0, 2}},
                    {"num_heads", 2},           {"mlp_ratio", {2.0, 4.0, 3.0}}};
const json kHivit = {{"img_size", {32, 32}}, {"patch_size", {16, 16}}, {"embed_dim", 32},
                     {"depths", {1, 2, 2}},  {"num_heads", 2},         {"mlp_ratio", 2.0}};
const json kMixmim = {
    {"img_size", {32, 32}},   {"patch_size", {2, 2}},      {"embed_dim", 8},
    {"depths", {1, 1, 2, 1}}, {"num_heads", {1, 2, 2, 4}}, {"window_size", {4, 4, 4, 2}}};
const json kDecoder = {{"decoder_embed_dim", 24},
                       {"decoder_depth", 1},
                       {"decoder_num_heads", 4},
                       {"norm_pix_loss", true}};
const json kHead = {{"num_classes", 5}};

json joined(const char* model, json config, const json& more) {
  config["model"] = model;
  config.update(more);
  return config;
}

std::vector<Case> cases() {
  return {
      {"conv_mae", joined("conv_mae", kConv, kDecoder), 2},
      {"conv_vit_classifier", joined("conv_vit_classifier", kConv, kHead), 2},
      {"hivit_mae", joined("hivit_mae", kHivit, kDecoder), 2},
      {"hivit_without_hifeat",
       joined("hivit_mae", joined("", kHivit, kDecoder), {{"hifeat", false}, {"rpe", true}}), 0},
      {"hivit_classifier", joined("hivit_classifier", joined("", kHivit, kHead), {{"rpe", true}}),
       0},
      {"mixmim",
       joined("mixmim", kMixmim,
              {{"encoder_stride", {16, 16}},
               {"decoder_dim", 24},
               {"decoder_depth", 1},
               {"decoder_num_heads", 4},
               {"norm_pix_loss", true}}),
       0},
      {"mixmim_classifier", joined("mixmim_classifier", kMixmim, kHead), 0}};
}

// A checkpoint of fresh weights with the whole configuration.
template <typename Model>
Checkpoint fresh_checkpoint(const Model& model) {
  model->initialize(7);
  Checkpoint checkpoint;
  checkpoint.config = model->config();
  checkpoint.tensors = state_dict(*model);
  return checkpoint;
}

json whole_config(const json& config) {
  return is_classifier(config) ? make_classifier_model(config)->config()
                               : make_masked_model(config)->config();
}

class ImportStaged : public ::testing::TestWithParam<Case> {};

TEST_P(ImportStaged, BareTensorsBecomeTheSameModel) {
  const Case& param = GetParam();
  const Checkpoint own = is_classifier(param.config)
                             ? fresh_checkpoint(make_classifier_model(param.config))
                             : fresh_checkpoint(make_masked_model(param.config));
  StateDict contiguous;
  const CheckpointParts parts = checkpoint_parts(own, &contiguous);
  const std::string file = ::testing::TempDir() + param.name + ".safetensors";
  write_safetensors(file, parts.tensors, {});
  ImportHints hints;
  hints.num_heads = param.num_heads;
  hints.decoder_num_heads = 4;
  hints.norm_pix_loss = true;
  const Checkpoint back = import_checkpoint(file, hints).checkpoint;
  EXPECT_EQ(whole_config(back.config), own.config);
  ASSERT_EQ(back.tensors.size(), own.tensors.size());
  for (const auto& [name, tensor] : own.tensors)
    EXPECT_TRUE(at::equal(back.tensors.at(name), tensor)) << name;
}

INSTANTIATE_TEST_SUITE_P(Models, ImportStaged, ::testing::ValuesIn(cases()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace mae
