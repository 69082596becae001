// Golden checks of VideoMAE, its classifier, and M3AE.
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "golden_case.h"
#include "golden_check.h"
#include "mae/masking/tube_mask.h"
#include "mae/models/m3ae.h"
#include "mae/models/video_classifier.h"
#include "mae/models/video_mae.h"
#include "support/tensor_compare.h"

namespace mae::test {
namespace {

using nlohmann::json;

PatchSelection tube_selection(const Tensor& noise, const VideoMaeOptions& options, double ratio) {
  const Tensor mask = at::empty({noise.size(0), options.tokens()}, at::kByte);
  for (int64_t b = 0; b < noise.size(0); ++b) {
    const Tensor row = noise[b].to(at::kFloat).contiguous();
    const std::vector<uint8_t> tubes = tube_mask(
        {row.data_ptr<float>(), row.data_ptr<float>() + row.numel()}, options.slots(), ratio);
    std::copy(tubes.begin(), tubes.end(), mask[b].data_ptr<uint8_t>());
  }
  return selection_from_mask(mask);
}

void check_video_mae(const json& test_case) {
  const json &config = test_case.at("config"), &inputs = test_case.at("inputs");
  const json& expected = test_case.at("expected");
  VideoMae model(config.get<VideoMaeOptions>());
  fill_from_names(model);
  expect_parameters(model, test_case);
  const PatchSelection selection = tube_selection(input_tensor(inputs.at("noise")), model.options(),
                                                  config.at("mask_ratio").get<double>());
  expect_masks(selection.mask, expected);
  const Tensor videos = input_tensor(inputs.at("video"));
  const Tensor latent = model.encode(videos, &selection).tokens;
  expect_tensor("latent", latent, expected);
  const Tensor pred = model.decode(latent, selection);
  expect_tensor("pred", pred, expected);
  const PretrainOutput output = model.forward(videos, selection);
  expect_number("loss", output.loss.item<double>(), expected.at("loss"), kFloat64);
  // The whole prediction holds the hidden tokens' in their places and zeros elsewhere.
  EXPECT_EQ(output.pred.count_nonzero().item<int64_t>(), pred.count_nonzero().item<int64_t>());
  output.loss.backward();
  expect_gradients(model, expected);
}

void check_video_classifier(const json& test_case) {
  VideoClassifier model(test_case.at("config").get<VideoClassifierOptions>());
  fill_from_names(model);
  expect_parameters(model, test_case);
  const Tensor videos = input_tensor(test_case.at("inputs").at("video"));
  expect_classification(model, model.forward_features(videos), model.forward(videos), test_case);
}

/// Rows of "0" and "1".
Tensor padding_of(const json& rows) {
  const auto length = static_cast<int64_t>(rows.at(0).get<std::string>().size());
  const Tensor padding = at::zeros({static_cast<int64_t>(rows.size()), length}, at::kByte);
  for (int64_t b = 0; b < padding.size(0); ++b) {
    const auto row = rows.at(static_cast<size_t>(b)).get<std::string>();
    for (int64_t i = 0; i < length; ++i) padding[b][i] = row[static_cast<size_t>(i)] == '1';
  }
  return padding;
}

/// One selection for the whole batch.
PatchSelection shared_selection(const Tensor& noise, double ratio, int64_t batch) {
  return random_masking(noise.unsqueeze(0).expand({batch, -1}), ratio);
}

void check_m3ae(const json& test_case) {
  const json &config = test_case.at("config"), &inputs = test_case.at("inputs");
  const json& expected = test_case.at("expected");
  M3ae model(config.get<M3aeOptions>());
  fill_from_names(model);
  expect_parameters(model, test_case);
  M3aeBatch batch;
  M3aeSelection selection;
  if (inputs.contains("image")) {
    batch.images = input_tensor(inputs.at("image"));
    selection.image = shared_selection(input_tensor(inputs.at("noise")),
                                       config.at("image_mask_ratio"), batch.images.size(0));
    expect_masks(selection.image.mask, expected);
  }
  if (inputs.contains("text")) {
    batch.text_padding = padding_of(inputs.at("text_padding_mask").at("rows"));
    batch.text = input_tensor(inputs.at("text")).to(at::kLong) * batch.text_padding.eq(0);
    selection.text = shared_selection(input_tensor(inputs.at("text_noise")),
                                      config.at("text_mask_ratio"), batch.text.size(0));
    expect_masks(selection.text.mask, {{"mask", expected.at("text_mask")}});
  }
  expect_tensor("latent", model.encode_batch(batch, &selection), expected);
  const M3aeOutput output = model.forward_batch(batch, selection);
  expect_number("loss", output.loss.item<double>(), expected.at("loss"), kFloat64);
  if (batch.images.defined()) {
    expect_number("image_loss", output.image_loss.item<double>(), expected.at("image_loss"),
                  kFloat64);
    expect_tensor("pred", output.pred, expected);
  }
  if (batch.text.defined()) {
    expect_number("text_loss", output.text_loss.item<double>(), expected.at("text_loss"), kFloat64);
    expect_number("text_accuracy", output.text_accuracy.item<double>(),
                  expected.at("text_accuracy"), kFloat64);
    expect_tensor("text_pred", output.text_pred, expected);
  }
  output.loss.backward();
  expect_gradients(model, expected);
}

const GoldenCheck kVideoMae{"video_mae", check_video_mae};
const GoldenCheck kVideoClassifier{"video_classifier", check_video_classifier};
const GoldenCheck kM3ae{"m3ae", check_m3ae};

}  // namespace
}  // namespace mae::test
