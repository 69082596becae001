// Shards whose pictures have another number of channels than is wanted.
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/data/sample_dataset.h"
#include "patch_shard.h"

namespace mae {
namespace {

class AdaptedDataset : public ::testing::Test {
 protected:
  std::shared_ptr<SampleDataset> open(const test::PatchShard& shard, int64_t channels,
                                      ChannelsPolicy policy) {
    const std::string path = folder_ / "shard.h5";
    test::write_patch_shard(path, 0, 3, shard);
    DatasetOptions options;
    options.channels = channels;
    options.channels_policy = policy;
    return open_dataset({path}, options);
  }
  static test::PatchShard grey() {
    test::PatchShard shard;
    shard.channels = 1;
    shard.mean = {0.25};
    shard.std = {0.5};
    return shard;
  }
  TemporaryFolder folder_;
};

TEST_F(AdaptedDataset, GreyIsRepeated) {
  const auto stored = open(grey(), 3, ChannelsPolicy::kError);
  EXPECT_EQ(stored->channels(), 1);
  const auto adapted = open(grey(), 3, ChannelsPolicy::kRepeat);
  EXPECT_EQ(adapted->channels(), 3);
  EXPECT_EQ(adapted->size(), 3);
  EXPECT_EQ(adapted->name(2), stored->name(2));
  EXPECT_EQ(adapted->id(2), stored->id(2));
  EXPECT_EQ(adapted->label(1), stored->label(1));
  EXPECT_EQ(adapted->image_size(), stored->image_size());
  EXPECT_EQ(adapted->inputs()[0].digest, stored->inputs()[0].digest);
  EXPECT_EQ(adapted->pixel_stats().mean, (std::vector<double>{0.25, 0.25, 0.25}));
  const Image from = stored->image(1), to = adapted->image(1);
  ASSERT_EQ(to.bytes.size(), 3 * from.bytes.size());
  for (size_t i = 0; i < to.bytes.size(); ++i) ASSERT_EQ(to.bytes[i], from.bytes[i / 3]) << i;
}

TEST_F(AdaptedDataset, ManyDeepBandsAreAveraged) {
  test::PatchShard shard;
  shard.channels = 5;
  shard.bit_depth = 16;
  shard.mean = {0.1, 0.2, 0.3, 0.4, 0.5};
  shard.std = {0.5, 0.5, 0.5, 0.5, 0.5};
  const auto adapted = open(shard, 3, ChannelsPolicy::kAverage);
  EXPECT_NEAR(adapted->pixel_stats().mean[2], 0.3, 1e-12);
  const Image image = adapted->image(2);
  int64_t sum = 2;
  for (int64_t c = 0; c < 5; ++c) sum += test::pixel_value(2, 0, 0, c, 16);
  EXPECT_EQ(image.samples16()[0], sum / 5);
  EXPECT_EQ(image.samples16()[2], sum / 5);
  EXPECT_THROW(open(shard, 3, ChannelsPolicy::kRepeat), DataError);
}

TEST_F(AdaptedDataset, ShardsCannotBeTurned) {
  const std::string path = folder_ / "shard.h5";
  test::write_patch_shard(path, 0, 3);
  std::vector<std::string> said;
  set_log_sink([&](LogLevel, const std::string& line) { said.push_back(line); });
  DatasetOptions options;
  options.exif_orientation = true;
  open_dataset({path}, options);
  set_log_sink({});
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("--exif-orientation"), std::string::npos);
}

}  // namespace
}  // namespace mae
