#include "mae/io/shard_set.h"

#include <gtest/gtest.h>

#include "../base/temporary_folder.h"
#include "mae/base/error.h"

namespace mae {
namespace {

using Paths = std::vector<std::string>;

TEST(ShardPath, NumbersMembers) {
  EXPECT_EQ(shard_path("out/train.h5", 3, 16), "out/train-00003-of-00016.h5");
  EXPECT_EQ(shard_path("train", 0, 1), "train-00000-of-00001.h5");
}

TEST(ExpandShards, FilesStayAndFoldersAreSorted) {
  const TemporaryFolder folder;
  for (const char* name : {"b.h5", "a.h5", "notes.txt", ".b.h5.tmp", ".hidden.h5"})
    put_bytes(folder / name, "");
  put_bytes(folder / "c.h5", "");
  EXPECT_EQ(expand_shards({folder / "c.h5", folder.path(), "-"}),
            (Paths{folder / "c.h5", folder / "a.h5", folder / "b.h5", folder / "c.h5", "-"}));
}

TEST(ExpandShards, IndexLinesAreRelativeToIt) {
  const TemporaryFolder folder;
  put_bytes(folder / "b.h5", "");
  put_bytes(folder / "a.h5", "");
  put_bytes(folder / "set.txt",
            "# mae-shard-set\nb.h5\r\n\n# a comment\n" + folder / "a.h5" + "\n");
  EXPECT_EQ(expand_shards({folder / "set.txt"}), (Paths{folder / "b.h5", folder / "a.h5"}));
  put_bytes(folder / "broken.txt", "# mae-shard-set\nmissing.h5\n");
  EXPECT_THROW(expand_shards({folder / "broken.txt"}), DataError);
}

TEST(ExpandShards, ALostMemberIsAnError) {
  const TemporaryFolder folder;
  for (const int64_t index : {0, 1, 3}) put_bytes(shard_path(folder / "train.h5", index, 4), "");
  try {
    expand_shards({folder.path()});
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(error.line(),
              folder / "train-00002-of-00004.h5: shard is missing: the set has 3 of 4");
  }
  // Named one by one, a part of a set is a choice.
  EXPECT_EQ(expand_shards({shard_path(folder / "train.h5", 1, 4)}).size(), 1U);
  put_bytes(shard_path(folder / "train.h5", 2, 4), "");
  EXPECT_EQ(expand_shards({folder.path()}).size(), 4U);
}

TEST(ExpandShards, NothingThereIsAnError) {
  const TemporaryFolder folder;
  EXPECT_THROW(expand_shards({folder.path()}), DataError);
  EXPECT_THROW(expand_shards({folder / "none.h5"}), DataError);
  EXPECT_THROW(expand_shards({""}), DataError);
}

}  // namespace
}  // namespace mae
