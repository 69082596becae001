// Features, pixels and labels out of shards, and every way in which sets do not fit.
#include "mae/eval/feature_set.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "mae/base/error.h"
#include "mae/io/shard_writer.h"

namespace mae {
namespace {

struct ShardContent {
  std::vector<float> features;  // [N, 2]
  std::vector<int64_t> labels;
  std::vector<std::string> class_names;
  int64_t width = 2;
};

class FeatureSets : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("features_" +
               std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const ShardContent& content) {
    const std::string path = (folder_ / name).string();
    const auto rows = static_cast<int64_t>(content.features.size()) / content.width;
    std::vector<DatasetSpec> specs(2);
    specs[0].name = "features";
    specs[0].type = ElementType::kFloat32;
    specs[0].sample_shape = {content.width};
    specs[0].dimensions = {"value"};
    specs[1].name = "names";
    specs[1].is_text = true;
    if (!content.labels.empty()) {
      specs.emplace_back();
      specs[2].name = "labels";
      specs[2].type = ElementType::kInt64;
    }
    ShardWriter writer(path, rows, specs);
    writer.append("features", content.features.data(), rows);
    if (!content.labels.empty()) writer.append("labels", content.labels.data(), rows);
    std::vector<std::string> names;
    for (int64_t i = 0; i < rows; ++i) names.push_back(name + "/" + std::to_string(i));
    writer.append_text("names", names);
    if (!content.class_names.empty()) writer.write_text("class_names", content.class_names);
    writer.commit(Provenance{});
    return path;
  }

  std::filesystem::path folder_;
};

TEST_F(FeatureSets, ShardsAreJoinedInOrder) {
  const auto a = write("a.h5", {{1, 2, 3, 4}, {0, 1}, {"cat", "dog"}});
  const auto b = write("b.h5", {{5, 6}, {1}, {"cat", "dog"}});
  const FeatureSet set = read_features({a, b});
  EXPECT_TRUE(set.features.equal(at::arange(1, 7, at::kFloat).reshape({3, 2})));
  EXPECT_TRUE(set.labels.equal(at::tensor(std::vector<int64_t>{0, 1, 1})));
  EXPECT_EQ(set.names, (std::vector<std::string>{"a.h5/0", "a.h5/1", "b.h5/0"}));
  EXPECT_EQ(set.class_names, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(set.inputs.size(), 2U);
  EXPECT_EQ(set.parents.size(), 2U);
}

TEST_F(FeatureSets, LimitCutsAcrossShards) {
  const auto a = write("a.h5", {{1, 2, 3, 4}, {0, 1}, {}});
  const auto b = write("b.h5", {{5, 6, 7, 8}, {2, 3}, {}});
  const FeatureSet set = read_features({a, b}, 3);
  EXPECT_EQ(set.features.size(0), 3);
  EXPECT_EQ(set.names.back(), "b.h5/0");
  EXPECT_EQ(read_features({a, b}, 2).inputs.size(), 1U);
}

TEST_F(FeatureSets, PatchesBecomePixelsBetweenZeroAndOne) {
  const std::string path = (folder_ / "patches.h5").string();
  std::vector<DatasetSpec> specs(2);
  specs[0].name = "patches";
  specs[0].type = ElementType::kUint8;
  specs[0].sample_shape = {2, 2};
  specs[0].dimensions = {"patch", "value"};
  specs[1].name = "labels";
  specs[1].type = ElementType::kInt64;
  ShardWriter writer(path, 1, specs);
  const std::vector<uint8_t> pixels{0, 51, 102, 255};
  const std::vector<int64_t> labels{0};
  writer.append("patches", pixels.data(), 1);
  writer.append("labels", labels.data(), 1);
  writer.commit(Provenance{});
  const FeatureSet set = read_features({path});
  EXPECT_TRUE(set.features.allclose(at::tensor({0.0F, 0.2F, 0.4F, 1.0F}).reshape({1, 4})));
  EXPECT_EQ(set.names.size(), 1U);
}

TEST_F(FeatureSets, LabelsAreNeeded) {
  const auto path = write("a.h5", {{1, 2}, {}, {}});
  EXPECT_THROW(read_features({path}), DataError);
}

TEST_F(FeatureSets, WidthsMustBeEqual) {
  const auto a = write("a.h5", {{1, 2}, {0}, {}});
  const auto b = write("b.h5", {{1, 2, 3}, {0}, {}, 3});
  EXPECT_THROW(read_features({a, b}), DataError);
  EXPECT_THROW(class_count(read_features({a}), read_features({b})), DataError);
}

TEST_F(FeatureSets, NumbersMustBeFinite) {
  const auto path = write("a.h5", {{1, 2, 3, std::numeric_limits<float>::quiet_NaN()}, {0, 1}, {}});
  try {
    read_features({path});
    FAIL() << "expected NumericError";
  } catch (const NumericError& error) {
    EXPECT_NE(error.line().find("a.h5/1"), std::string::npos) << error.line();
    EXPECT_EQ(error.exit_code(), 5);
  }
}

TEST_F(FeatureSets, ClassNamesMustAgree) {
  const auto a = write("a.h5", {{1, 2}, {0}, {"cat", "dog"}});
  const auto b = write("b.h5", {{1, 2}, {0}, {"dog", "cat"}});
  const auto c = write("c.h5", {{1, 2}, {0}, {"cat"}});
  EXPECT_THROW(read_features({a, b}), DataError);
  EXPECT_THROW(class_count(read_features({a}), read_features({b})), DataError);
  EXPECT_THROW(class_count(read_features({a}), read_features({c})), DataError);
  EXPECT_EQ(class_count(read_features({a}), read_features({a})), 2);
}

TEST_F(FeatureSets, WithoutNamesTheLargestLabelCounts) {
  const auto a = write("a.h5", {{1, 2}, {3}, {}});
  const auto b = write("b.h5", {{1, 2}, {6}, {}});
  const auto named = write("c.h5", {{1, 2}, {1}, {"cat", "dog"}});
  EXPECT_EQ(class_count(read_features({a}), read_features({b})), 7);
  EXPECT_EQ(class_count(read_features({b}), read_features({a})), 7);
  EXPECT_THROW(class_count(read_features({a}), read_features({named})), DataError);
}

TEST_F(FeatureSets, UnknownLabelsAreLeftOut) {
  const auto some = write("a.h5", {{1, 2, 3, 4, 5, 6}, {-1, 1, -1}, {}});
  const FeatureSet kept = labelled_only(read_features({some}), "TRAIN");
  EXPECT_EQ(kept.names, std::vector<std::string>{"a.h5/1"});
  EXPECT_TRUE(kept.features.equal(at::tensor({3.0F, 4.0F}).reshape({1, 2})));
  const auto none = write("b.h5", {{1, 2}, {-1}, {}});
  EXPECT_THROW(labelled_only(read_features({none}), "TRAIN"), DataError);
}

}  // namespace
}  // namespace mae
