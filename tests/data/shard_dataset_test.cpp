// Pictures out of patch shards: every pixel in its place, in memory or read by blocks, and inputs
// that do not fit refused.
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "data/patch_shard.h"
#include "mae/base/error.h"
#include "mae/base/random_stream.h"
#include "mae/data/sample_dataset.h"

namespace mae {
namespace {

using test::PatchShard;
using test::pixel_value;
using test::write_patch_shard;

void expect_picture(const SampleDataset& dataset, int64_t index, const PatchShard& shard) {
  const Image image = dataset.image(index);
  const Size2d size{shard.grid.height * shard.patch_size.height,
                    shard.grid.width * shard.patch_size.width};
  ASSERT_EQ(size_text({image.height, image.width}), size_text(size));
  ASSERT_EQ(image.channels, shard.channels);
  ASSERT_EQ(image.bit_depth, shard.bit_depth);
  int64_t wrong = 0;
  for (int64_t y = 0; y < size.height; ++y)
    for (int64_t x = 0; x < size.width; ++x)
      for (int64_t c = 0; c < shard.channels; ++c) {
        const int64_t at = (y * size.width + x) * shard.channels + c;
        const int got =
            shard.bit_depth == 16 ? image.samples16()[at] : image.bytes[static_cast<size_t>(at)];
        wrong += got != pixel_value(index, y, x, c, shard.bit_depth);
      }
  EXPECT_EQ(wrong, 0) << "sample " << index;
}

template <typename Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.line();
  }
  return "no error";
}

TEST(ShardDataset, PutsEveryPixelInItsPlace) {
  const TemporaryFolder folder;
  const PatchShard shard;
  write_patch_shard(folder / "a.h5", 0, 3, shard);
  write_patch_shard(folder / "b.h5", 3, 4, shard);
  const auto dataset = open_dataset({folder / "a.h5", folder / "b.h5"});
  ASSERT_EQ(dataset->size(), 7);
  for (int64_t i = 0; i < 7; ++i) {
    expect_picture(*dataset, i, shard);
    EXPECT_EQ(dataset->label(i), i % 2);
    EXPECT_EQ(dataset->name(i), "s/" + std::to_string(i));
    EXPECT_EQ(dataset->id(i), sample_id(dataset->name(i)));
  }
  EXPECT_EQ(dataset->channels(), 3);
  EXPECT_EQ(*dataset->image_size(), (Size2d{8, 6}));
  EXPECT_EQ(*dataset->patch_size(), (Size2d{4, 2}));
  EXPECT_EQ(dataset->pixel_stats().mean, shard.mean);
  EXPECT_EQ(dataset->pixel_stats().std, shard.std);
  EXPECT_EQ(dataset->class_names(), shard.class_names);
  ASSERT_EQ(dataset->inputs().size(), 2u);
  EXPECT_NE(dataset->inputs()[0].digest, dataset->inputs()[1].digest);
  ASSERT_EQ(dataset->parents().size(), 2u);
  EXPECT_EQ(dataset->parents()[0]["program"], "mae-patchify");
}

TEST(ShardDataset, ReadsLargeShardsByBlocksWithTheSamePixels) {
  const TemporaryFolder folder;
  PatchShard shard;
  shard.grid = {40, 40};  // 38,400 bytes a row: 27 rows a block
  write_patch_shard(folder / "a.h5", 0, 60, shard);
  DatasetOptions options;
  options.resident_bytes = 1;
  const auto dataset = open_dataset({folder / "a.h5"}, options);
  for (const int64_t i : {59, 0, 26, 27, 53, 54, 1}) expect_picture(*dataset, i, shard);
}

TEST(ShardDataset, KeepsSixteenBits) {
  const TemporaryFolder folder;
  PatchShard shard;
  shard.bit_depth = 16;
  shard.channels = 1;
  shard.mean = {0.5};
  shard.std = {0.25};
  write_patch_shard(folder / "a.h5", 0, 2, shard);
  const auto dataset = open_dataset({folder / "a.h5"});
  EXPECT_EQ(dataset->bit_depth(), 16);
  expect_picture(*dataset, 1, shard);
}

TEST(ShardDataset, LimitEndsInTheMiddleOfAShard) {
  const TemporaryFolder folder;
  write_patch_shard(folder / "a.h5", 0, 3);
  write_patch_shard(folder / "b.h5", 3, 3);
  write_patch_shard(folder / "c.h5", 6, 3);
  DatasetOptions options;
  options.limit = 4;
  const auto dataset = open_dataset({folder.path()}, options);
  ASSERT_EQ(dataset->size(), 4);
  EXPECT_EQ(dataset->name(3), "s/3");
  expect_picture(*dataset, 3, PatchShard{});
  EXPECT_EQ(dataset->inputs().size(), 2u) << "the third shard is not read";
}

TEST(ShardDataset, RefusesShardsThatDoNotFit) {
  const TemporaryFolder folder;
  write_patch_shard(folder / "a.h5", 0, 1);
  PatchShard other;
  other.patch_size = {2, 4};
  write_patch_shard(folder / "b.h5", 0, 1, other);
  const std::string error = error_of([&] { open_dataset({folder / "a.h5", folder / "b.h5"}); });
  EXPECT_NE(error.find("b.h5"), std::string::npos) << error;
  EXPECT_NE(error.find("patches of 4x2"), std::string::npos) << error;
  PatchShard classes;
  classes.class_names = {"dog", "cat"};
  write_patch_shard(folder / "c.h5", 0, 1, classes);
  EXPECT_THROW(open_dataset({folder / "a.h5", folder / "c.h5"}), DataError);
}

TEST(ShardDataset, RefusesMixedAndMissingInputs) {
  const TemporaryFolder folder;
  write_patch_shard(folder / "a.h5", 0, 1);
  std::filesystem::create_directory(folder / "pictures");
  EXPECT_THROW(open_dataset({folder / "a.h5", folder / "pictures"}), UsageError);
  EXPECT_THROW(open_dataset({folder / "missing.h5"}), DataError);
  EXPECT_THROW(open_dataset({}), UsageError);
}

}  // namespace
}  // namespace mae
