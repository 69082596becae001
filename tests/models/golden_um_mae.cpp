// Golden checks of UM-MAE on PVT and Swin, and of their classifiers.
#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include "golden_case.h"
#include "golden_check.h"
#include "mae/masking/uniform_mask.h"
#include "mae/models/pvt_classifier.h"
#include "mae/models/swin_classifier.h"
#include "mae/models/um_mae_pvt.h"
#include "mae/models/um_mae_swin.h"
#include "support/tensor_compare.h"

namespace mae::test {
namespace {

using nlohmann::json;

// The case names the visible position of every group, and noise for the second mask.
PatchSelection um_selection(const json& test_case, Size2d grid) {
  const Tensor positions = input_tensor(test_case.at("inputs").at("mask")).to(at::kLong).flatten(1);
  const int64_t B = positions.size(0);
  Tensor mask = at::empty({B, grid.area()}, at::kByte);
  for (int64_t b = 0; b < B; ++b) {
    const int64_t* row = positions[b].data_ptr<int64_t>();
    const auto values = mask_from_positions({row, row + positions.size(1)}, grid);
    std::copy(values.begin(), values.end(), mask[b].data_ptr<uint8_t>());
  }
  PatchSelection selection = selection_from_mask(mask);
  const double ratio = test_case.at("config").at("vis_mask_ratio").get<double>();
  if (ratio > 0) {
    selection.token_mask =
        secondary_mask(selection.mask, input_tensor(test_case.at("inputs").at("noise")), ratio);
    const json secondary = {{"mask", test_case.at("expected").at("secondary_mask")}};
    expect_masks(selection.mask + selection.token_mask, secondary);
  }
  expect_masks(selection.mask, test_case.at("expected"));
  return selection;
}

template <typename Model, typename Options>
void check_um_mae(const json& test_case) {
  Model model(test_case.at("config").get<Options>());
  fill_from_names(model);
  expect_parameters(model, test_case);
  const json& expected = test_case.at("expected");
  const PatchSelection selection = um_selection(test_case, model.grid());
  const Tensor images = input_tensor(test_case.at("inputs").at("image"));
  const Tensor latent = model.encode(images, &selection).tokens;
  expect_tensor("latent", latent, expected);
  expect_tensor("pred", model.decode(latent, selection), expected);
  const Tensor loss = model.forward(images, selection).loss;
  expect_number("loss", loss.item<double>(), expected.at("loss"), kFloat64);
  loss.backward();
  expect_gradients(model, expected);
}

template <typename Model, typename Options>
void check_classifier(const json& test_case) {
  Model model(test_case.at("config").get<Options>());
  fill_from_names(model);
  expect_parameters(model, test_case);
  const Tensor images = input_tensor(test_case.at("inputs").at("image"));
  expect_classification(model, model.forward_features(images), model.forward(images), test_case);
}

const GoldenCheck kPvt{"um_mae_pvt", check_um_mae<UmMaePvt, UmMaePvtOptions>};
const GoldenCheck kSwin{"um_mae_swin", check_um_mae<UmMaeSwin, UmMaeSwinOptions>};
const GoldenCheck kPvtClassifier{"pvt_classifier",
                                 check_classifier<PvtClassifier, PvtClassifierOptions>};
const GoldenCheck kSwinClassifier{"swin_classifier",
                                  check_classifier<SwinClassifier, SwinClassifierOptions>};

}  // namespace
}  // namespace mae::test
