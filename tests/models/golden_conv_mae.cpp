// Golden checks of ConvMAE, FastConvMAE and their classifier.
#include "golden_case.h"
#include "golden_check.h"
#include "mae/masking/complementary_mask.h"
#include "mae/models/conv_vit_classifier.h"
#include "mae/models/fast_conv_mae.h"

namespace mae::test {
namespace {

using nlohmann::json;
using Masking = PatchSelection (*)(const Tensor& noise, double mask_ratio);

template <typename Model, typename Options>
void check_with(Masking masking, const json& test_case) {
  const json &config = test_case.at("config"), &inputs = test_case.at("inputs");
  Model model(config.get<Options>());
  fill_from_names(model);
  expect_parameters(model, test_case);
  const PatchSelection selection =
      masking(input_tensor(inputs.at("noise")), config.at("mask_ratio").get<double>());
  expect_masks(selection.mask, test_case.at("expected"));
  expect_pretraining(model, input_tensor(inputs.at("image")), selection, test_case.at("expected"));
}

void check_conv_mae(const json& test_case) {
  check_with<ConvMae, ConvMaeOptions>(random_masking, test_case);
}

void check_fast_conv_mae(const json& test_case) {
  check_with<FastConvMae, FastConvMaeOptions>(complementary_masking, test_case);
}

void check_conv_vit_classifier(const json& test_case) {
  ConvVitClassifier model(test_case.at("config").get<ConvVitClassifierOptions>());
  fill_from_names(model);
  expect_parameters(model, test_case);
  const Tensor images = input_tensor(test_case.at("inputs").at("image"));
  expect_classification(model, model.forward_features(images), model.forward(images), test_case);
}

const GoldenCheck kConvMae{"conv_mae", check_conv_mae};
const GoldenCheck kFastConvMae{"fast_conv_mae", check_fast_conv_mae};
const GoldenCheck kConvClassifier{"conv_vit_classifier", check_conv_vit_classifier};

}  // namespace
}  // namespace mae::test
