// Damage of every byte of a small shard: found, or without any effect on what is read.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "../base/parse_in_process.h"
#include "mae/base/error.h"
#include "mae/io/shard_reader.h"
#include "small_shard.h"

namespace mae {
namespace {

// Everything a reader can see, as one string; "damaged" when it is refused.
std::string everything_in(const std::string& path) {
  try {
    const ShardReader shard(path);
    shard.verify();
    std::string all = shard.provenance().dump();
    for (const DatasetInfo& info : shard.datasets()) {
      all += info.name + shape_text(info.shape) + info.attributes.dump();
      for (const std::string& dimension : info.dimensions) all += dimension;
      if (info.is_text) {
        for (const std::string& value : shard.read_text(info.name)) all += value;
        continue;
      }
      std::vector<char> rows(static_cast<size_t>(info.shape[0] * info.row_bytes()));
      shard.read(info.name, 0, info.shape[0], rows.data());
      all.append(rows.begin(), rows.end());
    }
    return all;
  } catch (const DataError&) {
    return "damaged";
  }
}

// Bytes are changed in place: rewriting the file thousands of times would wait for the disk.
void put_byte(const std::string& path, size_t position, char byte) {
  const int descriptor = ::open(path.c_str(), O_WRONLY);
  EXPECT_EQ(::pwrite(descriptor, &byte, 1, static_cast<off_t>(position)), 1);
  ::close(descriptor);
}

void expect_every_flip_is_found(const std::string& path) {
  const std::string bytes = bytes_of(path);
  const std::string expected = everything_in(path);
  ASSERT_NE(expected, "damaged");
  int found = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    put_byte(path, i, static_cast<char>(bytes[i] ^ (1 << i % 8)));
    const std::string got = everything_in(path);
    found += got == "damaged";
    ASSERT_TRUE(got == "damaged" || got == expected) << "byte " << i;
    put_byte(path, i, bytes[i]);
  }
  EXPECT_GT(found,
            static_cast<int>(bytes.size()) / 3);  // the rest is unused space between structures
}

TEST(ShardDamage, EveryFlippedBitIsFoundOrHarmless) {
  const TemporaryFolder folder;
  write_small_shard(folder / "s.h5");
  expect_every_flip_is_found(folder / "s.h5");
}

TEST(ShardDamage, AHeaderThatGoesOnInAnotherPlaceIsNotHalfRead) {
  // A long provenance moves links and attributes of the root group into a second continuation;
  // libhdf5 1.10 took them for absent when that was damaged.
  const TemporaryFolder folder;
  {
    DatasetSpec labels, mask, names;
    labels.name = "labels";
    labels.type = ElementType::kInt64;
    mask.name = "mask";
    mask.sample_shape = {16};
    mask.attributes = {{"strategy", "random"}, {"mask_ratio", 0.75}, {"seed", 0}, {"grid", {4, 4}}};
    names.name = "names";
    names.is_text = true;
    ShardWriter writer(folder / "s.h5", 2, {labels, names, mask});
    const std::vector<uint8_t> rows(32, 1);
    const int64_t classes[] = {3, 4};
    writer.append("labels", classes, 2);
    writer.append("mask", rows.data(), 2);
    writer.append_text("names", {"first", "second"});
    Provenance provenance;
    provenance.program = "mae-mask";
    provenance.config = {{"strategy", std::string(700, 'x')}};
    writer.commit(provenance);
  }
  expect_every_flip_is_found(folder / "s.h5");
}

TEST(ShardDamage, ZeroedWordsThatFletcher32CannotSeeAreFound) {
  // 0xffff and 0 are the same to fletcher32: a lost block of a white picture. The digest of the
  // dataset finds it.
  const TemporaryFolder folder;
  {
    DatasetSpec spec;
    spec.name = "x";
    spec.sample_shape = {4096};
    ShardWriter writer(folder / "s.h5", 1, {spec});
    std::string row(4096, '\xff');
    row[0] = 1;
    writer.append("x", row.data(), 1);
    writer.commit({});
  }
  std::string bytes = bytes_of(folder / "s.h5");
  const size_t start = bytes.find("\x01\xff\xff\xff\xff\xff");
  ASSERT_NE(start, std::string::npos);
  bytes.replace(start + 1024, 512, std::string(512, '\0'));
  put_bytes(folder / "zeroed.h5", bytes);
  EXPECT_EQ(everything_in(folder / "zeroed.h5"), "damaged");
}

TEST(ShardDamage, EveryTruncationIsFound) {
  const TemporaryFolder folder;
  write_small_shard(folder / "s.h5");
  for (size_t size = bytes_of(folder / "s.h5").size(); size-- > 0;) {
    ASSERT_EQ(::truncate((folder / "s.h5").c_str(), static_cast<off_t>(size)), 0);
    ASSERT_EQ(everything_in(folder / "s.h5"), "damaged") << size;
  }
}

TEST(ShardDamage, AppendedBytesAreFound) {
  const TemporaryFolder folder;
  write_small_shard(folder / "s.h5");
  put_bytes(folder / "longer.h5", bytes_of(folder / "s.h5") + "x");
  EXPECT_EQ(everything_in(folder / "longer.h5"), "damaged");
}

TEST(ShardDamage, ADamagedChunkIsNamedByItsRows) {
  const TemporaryFolder folder;
  {
    DatasetSpec spec;
    spec.name = "x";
    spec.sample_shape = {300000};  // three rows a chunk
    ShardWriter writer(folder / "s.h5", 7, {spec});
    std::vector<uint8_t> row(300000);
    for (uint8_t i = 0; i < 7; ++i) {
      std::fill(row.begin(), row.end(), static_cast<uint8_t>(i + 100));
      writer.append("x", row.data(), 1);
    }
    writer.commit({});
  }
  std::string bytes = bytes_of(folder / "s.h5");
  const size_t row4 = bytes.find(std::string(1000, static_cast<char>(104)));
  ASSERT_NE(row4, std::string::npos);
  bytes[row4 + 500] = 0;
  put_bytes(folder / "s.h5", bytes);
  const ShardReader shard(folder / "s.h5");
  EXPECT_EQ(shard.read<uint8_t>("x", 0, 3)[0], 100);  // the chunks beside it are whole
  EXPECT_EQ(shard.read<uint8_t>("x", 6, 1)[0], 106);
  try {
    shard.verify();
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(error.where(), folder / "s.h5" + ":/x");
    EXPECT_NE(std::string(error.what()).find("rows 3 to 5 are damaged"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace mae
