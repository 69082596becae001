#include "mae/io/shard_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <thread>

#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "small_shard.h"

namespace mae {
namespace {

std::string message_of(const std::string& path) {
  try {
    const ShardReader shard(path);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ShardReader, SaysWhatIsWrongWithAFile) {
  const TemporaryFolder folder;
  EXPECT_EQ(message_of(folder / "none.h5"), "no such file");
  EXPECT_EQ(message_of(folder.path()), "is a folder, expected a file");
  put_bytes(folder / "empty.h5", "");
  EXPECT_EQ(message_of(folder / "empty.h5"), "is empty, expected a shard (HDF5)");
  put_bytes(folder / "text.h5",
            "hello, this is no shard at all, but long enough to hold a superblock");
  EXPECT_EQ(message_of(folder / "text.h5"), "is not an HDF5 file, expected a shard");
  put_bytes(folder / "short.h5", std::string("\x89HDF\r\n\x1a\n", 8));
  EXPECT_EQ(message_of(folder / "short.h5"), "is truncated: only 8 bytes are left");
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(message_of(folder / "fifo"), "is a FIFO, expected a regular file");
}

TEST(ShardReader, NamesMissingDatasetsAndTheirWriters) {
  const TemporaryFolder folder;
  write_small_shard(folder / "s.h5");
  const ShardReader shard(folder / "s.h5");
  EXPECT_FALSE(shard.has("mask"));
  try {
    shard.info("mask");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(error.line(), folder / "s.h5" + ": has no dataset mask");
    EXPECT_EQ(error.hint(), "it is written by mae-mask");
  }
  EXPECT_THROW(shard.read_text("patches"), DataError);
  EXPECT_THROW(shard.read<uint8_t>("patches", 4, 2), std::out_of_range);
  EXPECT_THROW(shard.read<uint8_t>("patches", -1, 1), std::out_of_range);
}

TEST(ShardReader, DigestIsThatOfTheFile) {
  const TemporaryFolder folder;
  write_small_shard(folder / "s.h5");
  EXPECT_EQ(ShardReader(folder / "s.h5").digest(), digest_of_file(folder / "s.h5"));
}

TEST(ShardReader, SeveralThreadsMayRead) {
  const TemporaryFolder folder;
  write_small_shard(folder / "s.h5", 50);
  const ShardReader shard(folder / "s.h5");
  const std::vector<uint8_t> expected = small_patches(50);
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < 50; ++i) {
        const std::vector<uint8_t> row = shard.read<uint8_t>("patches", i, 1);
        wrong[t] += !std::equal(row.begin(), row.end(), expected.begin() + i * 48);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4));
}

TEST(ShardReader, StandardInputHasALimit) {
  const TemporaryFolder folder;
  write_small_shard(folder / "s.h5");
  const int end = in_child([&] {
    ::setenv("MAE_MAX_STDIN", "1000", 1);
    ::dup2(::open((folder / "s.h5").c_str(), O_RDONLY), 0);
    try {
      const ShardReader shard("-");
    } catch (const DataError& error) {
      return error.line() == "standard input: is longer than 1000 bytes" ? 3 : 1;
    }
    return 0;
  });
  EXPECT_EQ(end, 3);
}

TEST(IsHdf5File, LooksAtTheSignature) {
  const TemporaryFolder folder;
  write_small_shard(folder / "s.h5");
  put_bytes(folder / "text", "hello");
  EXPECT_TRUE(is_hdf5_file(folder / "s.h5"));
  EXPECT_FALSE(is_hdf5_file(folder / "text"));
  EXPECT_FALSE(is_hdf5_file(folder / "none"));
  EXPECT_FALSE(is_hdf5_file(folder.path()));
}

}  // namespace
}  // namespace mae
