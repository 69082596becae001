// Golden checks of HiViT's masked autoencoder and classifier.
#include "golden_case.h"
#include "golden_check.h"
#include "mae/models/hivit_classifier.h"
#include "mae/models/hivit_mae.h"

namespace mae::test {
namespace {

using nlohmann::json;

void check_hivit_mae(const json& test_case) {
  const json &config = test_case.at("config"), &inputs = test_case.at("inputs");
  HivitMae model(config.get<HivitMaeOptions>());
  fill_from_names(model);
  expect_parameters(model, test_case);
  const PatchSelection selection =
      random_masking(input_tensor(inputs.at("noise")), config.at("mask_ratio").get<double>());
  expect_masks(selection.mask, test_case.at("expected"));
  expect_pretraining(model, input_tensor(inputs.at("image")), selection, test_case.at("expected"));
}

void check_hivit_classifier(const json& test_case) {
  HivitClassifier model(test_case.at("config").get<HivitClassifierOptions>());
  fill_from_names(model);
  expect_parameters(model, test_case);
  const Tensor images = input_tensor(test_case.at("inputs").at("image"));
  expect_classification(model, model.forward_features(images), model.forward(images), test_case);
}

const GoldenCheck kHivitMae{"hivit_mae", check_hivit_mae};
const GoldenCheck kHivitClassifier{"hivit_classifier", check_hivit_classifier};

}  // namespace
}  // namespace mae::test
