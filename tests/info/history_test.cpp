#include "mae/info/history.h"

#include <gtest/gtest.h>

namespace mae {
namespace {

TEST(HistoryText, IndentsParentsUnderTheirChild) {
  const auto provenance = nlohmann::json::parse(R"({
    "program": "mae-encode", "version": "0.1.0", "arguments": ["--pool=cls", "my train.h5"],
    "inputs": [{"name": "my train.h5", "digest": "xxh3:1"}],
    "parents": [{"program": "mae-patchify", "version": "0.1.0", "arguments": ["photos"], "inputs": [], "parents": []}]})");
  EXPECT_EQ(history_text(provenance, 2),
            "  mae-encode 0.1.0 --pool=cls 'my train.h5'\n"
            "    input my train.h5 xxh3:1\n"
            "    mae-patchify 0.1.0 photos\n");
}

TEST(HistoryText, SurvivesFieldsOfTheWrongType) {
  EXPECT_EQ(history_text(nullptr, 0), "no provenance is recorded\n");
  EXPECT_EQ(history_text(
                nlohmann::json::parse(R"({"program": 3, "inputs": {"a": 1}, "parents": [4]})"), 0),
            "? ?\n  no provenance is recorded\n");
}

TEST(HistoryText, ShortensLongListsOfInputs) {
  nlohmann::json provenance = {{"program", "p"}, {"version", "1"}};
  for (int i = 0; i < 25; ++i) provenance["inputs"].push_back({{"name", "n"}, {"digest", "d"}});
  const std::string text = history_text(provenance, 0);
  EXPECT_NE(text.find("  ... 5 more inputs\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace mae
