#include "golden_check.h"

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <gtest/gtest.h>

#include "golden_case.h"
#include "support/tensor_compare.h"

namespace mae::test {
namespace {

// A function's static, so that files may enter checks in any order of initialisation.
std::map<std::string, GoldenFunction>& checks() {
  static std::map<std::string, GoldenFunction> table;
  return table;
}

std::string mask_row(const Tensor& row) {
  std::string text;
  for (int64_t i = 0; i < row.size(0); ++i) text += row[i].item<float>() != 0 ? '1' : '0';
  return text;
}

}  // namespace

GoldenCheck::GoldenCheck(const std::string& model, GoldenFunction check) {
  checks()[model] = std::move(check);
}

const GoldenFunction* find_golden_check(const std::string& model) {
  const auto found = checks().find(model);
  return found == checks().end() ? nullptr : &found->second;
}

void expect_masks(const Tensor& mask, const nlohmann::json& expected) {
  const nlohmann::json& rows = expected.at("mask");
  ASSERT_EQ(static_cast<size_t>(mask.size(0)), rows.size());
  for (int64_t b = 0; b < mask.size(0); ++b) EXPECT_EQ(mask_row(mask[b]), rows.at(b));
}

void expect_pretraining(MaskedModel& model, const Tensor& images, const PatchSelection& selection,
                        const nlohmann::json& expected) {
  expect_tensor("latent", model.encode(images, &selection).tokens, expected);
  const PretrainOutput output = model.forward(images, selection);
  expect_number("loss", output.loss.item<double>(), expected.at("loss"), kFloat64);
  expect_tensor("pred", output.pred, expected);
  output.loss.backward();
  expect_gradients(model, expected);
}

void expect_classification(const Module& model, const Tensor& features,
                           const Tensor& logits, const nlohmann::json& test_case) {
  const nlohmann::json& expected = test_case.at("expected");
  const Tensor label = input_tensor(test_case.at("inputs").at("label")).to(at::kLong);
  for (int64_t b = 0; b < label.size(0); ++b)
    EXPECT_EQ(label[b].item<int64_t>(), expected.at("label").at(b));
  expect_tensor("latent", features, expected);
  std::vector<double> flat;
  for (const auto& row : expected.at("logits")) {
    for (const double value : row) flat.push_back(value);
  }
  expect_numbers("logits", logits, flat, kFloat64);
  const double s = test_case.at("config").value("label_smoothing", 0.0);
  const Tensor log_p = at::log_softmax(logits, /*dim=*/-1);
  const Tensor loss = at::nll_loss(log_p, label) * (1 - s) - log_p.mean(-1).mean() * s;
  expect_number("loss", loss.item<double>(), expected.at("loss"), kFloat64);
  loss.backward();
  expect_gradients(model, expected);
}

}  // namespace mae::test
