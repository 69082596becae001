#include "mae/info/text_tree.h"

#include <gtest/gtest.h>

namespace mae {
namespace {

TEST(DescriptionText, AlignsValuesAndPutsADatasetOnOneLine) {
  const auto description = nlohmann::ordered_json::parse(R"({
    "file": "a.h5", "kind": "patch shard", "samples": 2,
    "datasets": {"/patches": {"type": "uint8", "shape": [2, 4, 3], "dimensions": ["sample", "patch", "value"],
                              "attributes": {"patch_size": [4, 4], "mean": null}},
                 "/labels": {"type": "int64", "shape": [2]}},
    "is_whole": true})");
  EXPECT_EQ(description_text(description),
            "a.h5\n"
            "  kind      patch shard\n"
            "  samples   2\n"
            "  datasets\n"
            "    /patches  uint8 2 x 4 x 3  (sample, patch, value)\n"
            "      patch_size  4, 4\n"
            "      mean        none\n"
            "    /labels   int64 2\n"
            "  is_whole  yes\n");
}

TEST(DescriptionText, ShortensAndEscapesWhatFilesContain) {
  nlohmann::ordered_json description = {{"file", "a\nb"},
                                        {"text", std::string(1000, 'x') + "\x1b[2J"}};
  for (int i = 0; i < 100; ++i) description["list"].push_back(i);
  const std::string text = description_text(description);
  EXPECT_EQ(text.rfind("a\\nb\n", 0), 0u) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_LT(text.size(), 400u);
  EXPECT_NE(text.find("11, ... (100 in all)"), std::string::npos) << text;
}

}  // namespace
}  // namespace mae
