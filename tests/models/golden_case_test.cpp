// Runs every *.json of MAE_GOLDEN_DIR (default: tests/golden): a case is added by adding a file.
// Models that are not built yet are skipped by name.
#include "golden_case.h"

#include <dirent.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "golden_check.h"

namespace mae {
namespace {

using nlohmann::json;

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

class GoldenCase : public testing::TestWithParam<std::string> {};

TEST_P(GoldenCase, GivesThePublishedNumbers) {
  std::ifstream file(golden_directory() + "/" + GetParam());
  const json test_case = json::parse(file);
  const std::string model = test_case.at("model");
  const test::GoldenFunction* check = test::find_golden_check(model);
  if (!check) GTEST_SKIP() << "model " << model << " is not built yet";
  (*check)(test_case);
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
