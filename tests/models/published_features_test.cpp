// A tiny published model in every layout: features, mask, prediction and loss within 1e-5 in
// float32.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "mae/base/error.h"
#include "mae/layouts/layout_writer.h"
#include "mae/models/checkpoint.h"
#include "mae/models/import_checkpoint.h"
#include "mae/models/masked_model.h"
#include "reference_weights.h"

namespace mae {
namespace {

const char* const kFolder = MAE_TESTS_DIR "/golden/checkpoint/";

// The model of all files; those of the encoder alone have no reconstruction.
void expect_published_numbers(const Checkpoint& checkpoint, const std::string& path) {
  SCOPED_TRACE(path);
  const auto model = load_masked_model(checkpoint, path);
  const test::ReferenceFile expected(std::string(kFolder) + "expected.h5");
  at::NoGradGuard no_grad;
  Tensor images =
      test::tensor_of(expected, "pixels_uint8").to(at::kFloat).div(255).permute({0, 3, 1, 2});
  for (int64_t c = 0; c < 3; ++c) {
    images.select(1, c)
        .sub_(checkpoint.preprocessing.mean[c])
        .div_(checkpoint.preprocessing.std[c]);
  }
  const EncoderOutput all = model->encode(images, nullptr, {{1, 2, 3}, false});
  const auto check = [&](const char* name, const Tensor& actual) {
    test::expect_numbers(name, actual, expected.numbers(name), test::kFloat32);
  };
  check("features/cls", all.tokens.select(1, 0));
  check("features/mean_patch", all.tokens.slice(1, 1).mean(1));
  check("features/patches", all.tokens.slice(1, 1));
  const std::vector<double> blocks = expected.numbers("features/blocks_unnormalised");
  const size_t each = blocks.size() / 3;
  for (size_t i = 0; i < 3; ++i) {
    test::expect_numbers("block " + std::to_string(i + 1), all.blocks[i],
                         {blocks.begin() + i * each, blocks.begin() + (i + 1) * each},
                         test::kFloat32);
  }
  if (!model->has_decoder()) return;
  const PatchSelection selection =
      random_masking(test::tensor_of(expected, "noise").to(at::kFloat), 0.75);
  EXPECT_TRUE(
      at::equal(selection.mask.to(at::kDouble), test::tensor_of(expected, "reconstruction/mask")));
  const PretrainOutput output = model->forward(images, selection);
  check("reconstruction/pred", output.pred);
  check("reconstruction/loss", output.loss);
}

ImportHints heads() {
  ImportHints hints;
  hints.num_heads = 4;
  hints.decoder_num_heads = 2;
  return hints;
}

TEST(PublishedFeatures, OfOurOwnLayout) {
  const std::string path = std::string(kFolder) + "tiny.safetensors";
  expect_published_numbers(read_checkpoint(path), path);
}

TEST(PublishedFeatures, OfTheOfficialFile) {
  const std::string path = std::string(kFolder) + "official_model_only.pth";
  ImportHints hints = heads();
  hints.norm_pix_loss = true;
  expect_published_numbers(import_checkpoint(path, hints).checkpoint, path);
}

TEST(PublishedFeatures, OfEveryReferenceFile) {
  const char* reference = std::getenv("MAE_REFERENCE_DIR");
  if (reference == nullptr) GTEST_SKIP() << "MAE_REFERENCE_DIR is not set";
  const std::string folder = std::string(reference) + "/mae/checkpoint/";
  expect_published_numbers(import_checkpoint(folder + "official.pth", heads()).checkpoint,
                           "official.pth");
  for (const char* name : {"huggingface", "huggingface_v5", "huggingface/model.safetensors"})
    expect_published_numbers(read_checkpoint(folder + name), name);
  ImportHints encoder = heads();
  encoder.decoder_num_heads = 0;
  expect_published_numbers(import_checkpoint(folder + "timm_vit.safetensors", encoder).checkpoint,
                           "timm_vit.safetensors");
}

// What may be missing starts as in a new model of the same seed.
TEST(PublishedFeatures, MissingTensorsStartFresh) {
  const std::string path = std::string(kFolder) + "tiny.safetensors", cut = "missing.safetensors";
  Checkpoint checkpoint = read_checkpoint(path);
  const Tensor kept = checkpoint.tensors.at("decoder_embed.weight");
  StateDict contiguous;
  CheckpointParts parts = checkpoint_parts(checkpoint, &contiguous);
  parts.tensors.erase("decoder_norm.weight");
  const std::string file = ::testing::TempDir() + cut;
  write_safetensors(file, parts.tensors, {});
  ImportHints hints = heads();
  EXPECT_THROW(import_checkpoint(file, hints), DataError);
  hints.allow_missing = {"decoder_norm"};
  const Checkpoint back = import_checkpoint(file, hints).checkpoint;
  EXPECT_TRUE(at::equal(back.tensors.at("decoder_norm.weight"), at::ones({32})));
  EXPECT_TRUE(at::equal(back.tensors.at("decoder_embed.weight"), kept));
}

}  // namespace
}  // namespace mae
