#include "mae/io/shard_index.h"

#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "mae/base/sha256.h"
#include "mae/io/shard_set.h"
#include "small_shard.h"

namespace mae {
namespace {

/// A set of two shards with its index.
struct SmallSet {
  explicit SmallSet(const TemporaryFolder& folder) : output(folder / "train.h5") {
    for (int64_t i = 0; i < 2; ++i) {
      shards.push_back(shard_path(output, i, 2));
      write_small_shard(shards.back(), 5 + i);
    }
    write_shard_index(output, shards);
  }
  std::string output;
  std::vector<std::string> shards;
};

std::string reason(const std::function<void()>& action) {
  try {
    action();
    return "none";
  } catch (const Error& error) {
    return error.line();
  }
}

TEST(ShardIndex, HoldsRowsSizeAndDigest) {
  const TemporaryFolder folder;
  const SmallSet set(folder);
  EXPECT_EQ(shard_index_path(set.output), folder / "train.index");
  EXPECT_TRUE(is_shard_index(folder / "train.index"));
  const std::vector<ShardIndexEntry> entries = read_shard_index(folder / "train.index");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1].path, set.shards[1]);
  EXPECT_EQ(entries[1].rows, 6);
  EXPECT_EQ(entries[1].bytes, static_cast<int64_t>(bytes_of(set.shards[1]).size()));
  EXPECT_EQ(entries[1].digest, digest_of_file(set.shards[1]));
  EXPECT_EQ(entries[1].sha256, "");
  put_bytes(folder / "strong.index", shard_index_text(set.shards, /*with_sha256=*/true));
  EXPECT_EQ(read_shard_index(folder / "strong.index")[0].sha256, sha256_of_file(set.shards[0]));
  EXPECT_EQ(expand_shards({folder / "strong.index"}), set.shards);
}

TEST(ShardIndex, EveryWayToNameASetIsChecked) {
  const TemporaryFolder folder;
  const SmallSet set(folder);
  const std::vector<std::string> ways = {folder.path(), folder / "train.index", set.shards[1]};
  for (const std::string& way : ways) EXPECT_EQ(reason([&] { expand_shards({way}); }), "none");
  const std::string good = bytes_of(set.shards[1]);
  std::string flipped = good;
  flipped[good.size() / 2] ^= 4;
  put_bytes(set.shards[1], flipped);
  for (const std::string& way : ways) {
    EXPECT_EQ(
        reason([&] { expand_shards({way}); }),
        set.shards[1] + ": is damaged or was replaced: its digest is not that of the set's index");
  }
  put_bytes(set.shards[1], good + "x");
  for (const std::string& way : ways) {
    EXPECT_NE(reason([&] { expand_shards({way}); }).find("but the index of its set says"),
              std::string::npos);
  }
  // Two shards of the set swapped: each is whole, but neither is where it belongs.
  put_bytes(set.shards[1], bytes_of(set.shards[0]));
  put_bytes(set.shards[0], good);
  for (const std::string& way : ways) EXPECT_NE(reason([&] { expand_shards({way}); }), "none");
  // Without its index the set is what its names say.
  remove_shard_index(set.output);
  remove_shard_index(set.output);
  EXPECT_EQ(reason([&] { expand_shards({folder.path()}); }), "none");
}

TEST(ShardIndex, AnyDamageToItShows) {
  const TemporaryFolder folder;
  const SmallSet set(folder);
  const std::string good = bytes_of(folder / "train.index");
  for (size_t i = 0; i < good.size(); ++i) {
    for (const int bit : {0, 3, 5}) {
      std::string flipped = good;
      flipped[i] = static_cast<char>(flipped[i] ^ 1 << bit);
      put_bytes(folder / "train.index", flipped);
      // A file whose first line is another is no index at all, and no shard.
      if (!is_shard_index(folder / "train.index")) continue;
      EXPECT_THROW(read_shard_index(folder / "train.index"), DataError) << i << " " << bit;
    }
  }
  for (size_t size = 15; size < good.size(); ++size) {
    put_bytes(folder / "train.index", good.substr(0, size));
    EXPECT_THROW(read_shard_index(folder / "train.index"), DataError) << size;
  }
}

TEST(ShardIndex, NamesAreKeptAndOddOnesRefused) {
  const TemporaryFolder folder;
  const std::string shard = shard_path(folder / "#set.h5", 0, 1);
  write_small_shard(shard);
  write_shard_index(folder / "#set.h5", {shard});
  EXPECT_EQ(read_shard_index(folder / "#set.index").size(), 1U);
  EXPECT_TRUE(find_in_index(shard));
  EXPECT_THROW(check_set_name("a\tb.h5"), UsageError);
  std::filesystem::create_directory(folder / "other");
  write_small_shard(folder / "other/x.h5");
  EXPECT_THROW(shard_index_text({shard, folder / "other/x.h5"}, false), UsageError);
}

}  // namespace
}  // namespace mae
