// Runs every *.json of MAE_GOLDEN_DIR (default: tests/golden): a case is added by adding a file.
// Models that are not built yet are skipped by name.
#include "golden_case.h"

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <dirent.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>

#include "mae/models/mae.h"
#include "mae/models/vit_classifier.h"
#include "support/tensor_compare.h"

namespace mae {
namespace {

using nlohmann::json;
using test::input_tensor;

std::string golden_directory() {
  const char* given = std::getenv("MAE_GOLDEN_DIR");
  return given && *given ? given : MAE_TESTS_DIR "/golden";
}

std::vector<std::string> golden_files() {
  std::vector<std::string> files;
  if (DIR* folder = opendir(golden_directory().c_str())) {
    while (const dirent* entry = readdir(folder)) {
      const std::string name = entry->d_name;
      if (name.size() > 5 && name.compare(name.size() - 5, 5, ".json") == 0) files.push_back(name);
    }
    closedir(folder);
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string mask_row(const Tensor& row) {
  std::string text;
  for (int64_t i = 0; i < row.size(0); ++i) text += row[i].item<float>() != 0 ? '1' : '0';
  return text;
}

void check_mae(const json& test_case) {
  Mae model(test_case.at("config").get<MaeOptions>());
  test::fill_from_names(model);
  test::expect_parameters(model, test_case);
  const json& expected = test_case.at("expected");
  const Tensor images = input_tensor(test_case.at("inputs").at("image"));
  const Tensor noise = input_tensor(test_case.at("inputs").at("noise"));
  const PatchSelection selection =
      random_masking(noise, test_case.at("config").at("mask_ratio").get<double>());
  for (int64_t b = 0; b < noise.size(0); ++b)
    EXPECT_EQ(mask_row(selection.mask[b]), expected.at("mask").at(b));
  test::expect_tensor("latent", model.encode(images, &selection).tokens, expected);
  const PretrainOutput output = model.forward(images, selection);
  test::expect_number("loss", output.loss.item<double>(), expected.at("loss"), test::kFloat64);
  test::expect_tensor("pred", output.pred, expected);
  output.loss.backward();
  test::expect_gradients(model, expected);
}

void check_vit_classifier(const json& test_case) {
  VitClassifier model(test_case.at("config").get<VitClassifierOptions>());
  test::fill_from_names(model);
  test::expect_parameters(model, test_case);
  const json& expected = test_case.at("expected");
  const Tensor images = input_tensor(test_case.at("inputs").at("image"));
  const Tensor label = input_tensor(test_case.at("inputs").at("label")).to(at::kLong);
  for (int64_t b = 0; b < label.size(0); ++b)
    EXPECT_EQ(label[b].item<int64_t>(), expected.at("label").at(b));
  test::expect_tensor("latent", model.forward_features(images), expected);
  const Tensor logits = model.forward(images);
  std::vector<double> flat;
  for (const auto& row : expected.at("logits")) {
    for (const double value : row) flat.push_back(value);
  }
  test::expect_numbers("logits", logits, flat, test::kFloat64);
  const double s = test_case.at("config").value("label_smoothing", 0.0);
  const Tensor log_p = at::log_softmax(logits, /*dim=*/-1);
  const Tensor loss = at::nll_loss(log_p, label) * (1 - s) - log_p.mean(-1).mean() * s;
  test::expect_number("loss", loss.item<double>(), expected.at("loss"), test::kFloat64);
  loss.backward();
  test::expect_gradients(model, expected);
}

const std::map<std::string, std::function<void(const json&)>> kModels = {
    {"mae", check_mae}, {"vit_classifier", check_vit_classifier}};

class GoldenCase : public testing::TestWithParam<std::string> {};

TEST_P(GoldenCase, GivesThePublishedNumbers) {
  std::ifstream file(golden_directory() + "/" + GetParam());
  const json test_case = json::parse(file);
  const std::string model = test_case.at("model");
  const auto check = kModels.find(model);
  if (check == kModels.end()) GTEST_SKIP() << "model " << model << " is not built yet";
  check->second(test_case);
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.substr(0, info.param.size() - 5);
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenCase, testing::ValuesIn(golden_files()), test_name);

TEST(GoldenProtocol, NumbersFromNamesAreThePublishedOnes) {
  EXPECT_EQ(test::numbers_from_name("input", 3),
            (std::vector<double>{.09781831502914429, .6523603796958923, .20362424850463867}));
  EXPECT_EQ(test::numbers_from_name("noise", 2),
            (std::vector<double>{.5126689672470093, .1584567427635193}));
  EXPECT_FALSE(golden_files().empty()) << "no cases in " << golden_directory();
}

}  // namespace
}  // namespace mae
