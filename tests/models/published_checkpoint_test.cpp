// A tiny published model in our own layout: features, mask, prediction and loss within 1e-5 in
// float32.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "mae/models/checkpoint.h"
#include "reference_weights.h"

namespace mae {
namespace {

const char* const kFolder = MAE_TESTS_DIR "/golden/checkpoint/";

TEST(PublishedCheckpoint, GivesTheExpectedFeaturesAndReconstruction) {
  const std::string path = std::string(kFolder) + "tiny.safetensors";
  const Checkpoint checkpoint = read_checkpoint(path);
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
  const PatchSelection selection =
      random_masking(test::tensor_of(expected, "noise").to(at::kFloat), 0.75);
  EXPECT_TRUE(
      at::equal(selection.mask.to(at::kDouble), test::tensor_of(expected, "reconstruction/mask")));
  const PretrainOutput output = model->forward(images, selection);
  check("reconstruction/pred", output.pred);
  check("reconstruction/loss", output.loss);
}

}  // namespace
}  // namespace mae
