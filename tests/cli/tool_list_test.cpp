#include "mae/cli/tool_list.h"

#include <gtest/gtest.h>

#include <fstream>

namespace mae::cli {
namespace {

// The one-line description in a man page, empty where there is no page.
std::string described_as(const std::string& page) {
  std::ifstream file(page);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(".Nd ", 0) == 0) return line.substr(4);
  }
  return "";
}

TEST(ToolList, HasTheSummariesOfTheManPages) {
  const std::string folder = MAE_TESTS_DIR "/../man/mae-";
  int compared = 0;
  for (const ToolEntry& tool : tool_list()) {
    const std::string description = described_as(folder + tool.name + ".1");
    if (description.empty()) continue;
    EXPECT_EQ(tool.summary, description) << tool.name;
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace mae::cli
