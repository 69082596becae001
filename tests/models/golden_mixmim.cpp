// Golden checks of MixMIM and its classifier.
#include <ATen/ops/empty.h>

#include "golden_case.h"
#include "golden_check.h"
#include "mae/masking/mixed_mask.h"
#include "mae/models/mixmim.h"
#include "mae/models/mixmim_classifier.h"
#include "support/tensor_compare.h"

namespace mae::test {
namespace {

using nlohmann::json;

void check_mixmim(const json& test_case) {
  const json &config = test_case.at("config"), &expected = test_case.at("expected");
  Mixmim model(config.get<MixmimOptions>());
  fill_from_names(model);
  expect_parameters(model, test_case);
  const Tensor images = input_tensor(test_case.at("inputs").at("image"));
  const Tensor noise = input_tensor(test_case.at("inputs").at("noise")).to(at::kFloat);  // [1, L]
  const float* values = noise.data_ptr<float>();
  const auto hidden =
      mixed_mask({values, values + noise.numel()}, config.at("mask_ratio").get<double>());
  Tensor mask = at::empty({1, noise.numel()}, at::kByte);
  std::copy(hidden.begin(), hidden.end(), mask.data_ptr<uint8_t>());
  expect_masks(mask, expected);
  const PatchSelection selection = selection_from_mask(mask.expand({images.size(0), -1}));
  const Tensor latent = model.encode_mixed(images, selection.mask);
  expect_tensor("latent", latent, expected);
  expect_tensor("pred", model.decode(latent, selection.mask), expected);
  const Tensor loss = model.forward(images, selection).loss;
  expect_number("loss", loss.item<double>(), expected.at("loss"), kFloat64);
  loss.backward();
  expect_gradients(model, expected);
}

void check_mixmim_classifier(const json& test_case) {
  MixmimClassifier model(test_case.at("config").get<MixmimClassifierOptions>());
  fill_from_names(model);
  expect_parameters(model, test_case);
  const Tensor images = input_tensor(test_case.at("inputs").at("image"));
  expect_classification(model, model.forward_features(images), model.forward(images), test_case);
}

const GoldenCheck kMixmim{"mixmim", check_mixmim};
const GoldenCheck kMixmimClassifier{"mixmim_classifier", check_mixmim_classifier};

}  // namespace
}  // namespace mae::test
