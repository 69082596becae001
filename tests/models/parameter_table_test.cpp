// The named sizes against the published models' tables of parameters and buffers: names, shapes,
// and which are frozen. Nothing is computed.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "mae/models/registry.h"

namespace mae {
namespace {

/// A file of tests/golden/parameters, and the model behind it by name; for a classifier, the name
/// of the model it fine-tunes.
struct Table {
  const char *file, *model;
  bool classifier;
};

const Table kTables[] = {
    {"convmae_base", "conv-mae-base", false},
    {"fastconvmae_base", "fast-conv-mae-base", false},
    {"convvit_base_ft", "conv-mae-base", true},
    {"mae_hivit_base", "hivit-mae-base", false},
    {"hivit_base_ft", "hivit-mae-base", true},
    {"mixmim_base", "mixmim-base", false},
    {"mixmim_base_ft", "mixmim-base", true},
    {"um_mae_pvt_small_256", "um-mae-pvt-small", false},
    {"um_ft_pvt_small_256", "um-mae-pvt-small", true},
    {"um_mae_swin_tiny_256", "um-mae-swin-tiny", false},
    {"um_ft_swin_tiny_256", "um-mae-swin-tiny", true},
    {"um_mae_swin_large_256", "um-mae-swin-large", false},
};

/// Shape as in the tables, "[3, 4]", and kind: "param trainable", "param frozen" or "buffer".
using Rows = std::map<std::string, std::string>;

std::string shape_of(const Tensor& tensor) {
  std::string text = "[";
  for (const int64_t size : tensor.sizes())
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

Rows rows_of(const Module& module) {
  Rows rows;
  for (const auto& item : module.named_parameters())
    rows[item.key()] = shape_of(item.value()) + " param " +
                       (item.value().requires_grad() ? "trainable" : "frozen");
  for (const auto& item : module.named_buffers())
    rows[item.key()] = shape_of(item.value()) + " buffer ";
  return rows;
}

Rows rows_of_file(const std::string& name) {
  std::ifstream file(std::string(MAE_TESTS_DIR) + "/golden/parameters/" + name + ".tsv");
  EXPECT_TRUE(file.is_open()) << name;
  Rows rows;
  std::string line;
  std::getline(file, line);  // column names
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string parameter, shape, kind, gradient;
    std::getline(fields, parameter, '\t');
    std::getline(fields, shape, '\t');
    std::getline(fields, kind, '\t');
    std::getline(fields, gradient, '\t');
    rows[parameter] = shape + " " + kind + " " + gradient;
  }
  return rows;
}

std::shared_ptr<Module> build(const Table& table) {
  const nlohmann::json config = named_model_config(table.model);
  if (!table.classifier) return make_masked_model(config);
  return make_classifier_model(classifier_kind_for(config).config_on(config, {}));
}

class ParameterTable : public testing::TestWithParam<Table> {};

TEST_P(ParameterTable, EqualsThePublishedOne) {
  const Rows expected = rows_of_file(GetParam().file), actual = rows_of(*build(GetParam()));
  EXPECT_GT(expected.size(), 100u);
  for (const auto& [name, row] : expected)
    EXPECT_EQ(actual.count(name) ? actual.at(name) : "missing", row) << name;
  for (const auto& [name, row] : actual) EXPECT_TRUE(expected.count(name)) << name << " left over";
}

std::string table_name(const testing::TestParamInfo<Table>& info) { return info.param.file; }

INSTANTIATE_TEST_SUITE_P(Published, ParameterTable, testing::ValuesIn(kTables), table_name);

}  // namespace
}  // namespace mae
