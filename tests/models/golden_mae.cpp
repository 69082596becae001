// Golden checks of MAE and its classifier.
#include "golden_case.h"
#include "golden_check.h"
#include "mae/models/mae.h"
#include "mae/models/vit_classifier.h"

namespace mae::test {
namespace {

using nlohmann::json;

void check_mae(const json& test_case) {
  const json &config = test_case.at("config"), &inputs = test_case.at("inputs");
  Mae model(config.get<MaeOptions>());
  fill_from_names(model);
  expect_parameters(model, test_case);
  const PatchSelection selection =
      random_masking(input_tensor(inputs.at("noise")), config.at("mask_ratio").get<double>());
  expect_masks(selection.mask, test_case.at("expected"));
  expect_pretraining(model, input_tensor(inputs.at("image")), selection, test_case.at("expected"));
}

void check_vit_classifier(const json& test_case) {
  VitClassifier model(test_case.at("config").get<VitClassifierOptions>());
  fill_from_names(model);
  expect_parameters(model, test_case);
  const Tensor images = input_tensor(test_case.at("inputs").at("image"));
  expect_classification(model, model.forward_features(images), model.forward(images), test_case);
}

const GoldenCheck kMae{"mae", check_mae};
const GoldenCheck kVitClassifier{"vit_classifier", check_vit_classifier};

}  // namespace
}  // namespace mae::test
