// Opening in a child: what a stranger wrote is read through there, what we wrote is not.
#include "mae/io/shard_trust.h"

#include <hdf5.h>

#include <csignal>

#include "mae/base/error.h"
#include "mae/base/input_policy.h"
#include "mae/io/shard_reader.h"
#include "small_shard.h"

namespace mae {
namespace {

// Flips a bit in the rows of /patches, which opening alone does not read.
void damage_rows(const std::string& path) {
  std::string bytes = bytes_of(path);
  const std::vector<uint8_t> patches = small_patches(5);
  const size_t place = bytes.find(std::string(patches.begin(), patches.begin() + 48));
  ASSERT_NE(place, std::string::npos);
  bytes[place] = static_cast<char>(bytes[place] ^ 1);
  put_bytes(path, bytes);
}

// Takes the digest of /labels away, as a file of other programs has none.
void make_foreign(const std::string& path) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  ASSERT_GE(H5Adelete_by_name(file, "labels", "digest", H5P_DEFAULT), 0);
  ASSERT_GE(H5Fclose(file), 0);
}

/// As a tool begins, whatever other tests of this program ask for.
class ShardTrust : public ::testing::Test {
 protected:
  void SetUp() override { set_input_policy({}); }
  void TearDown() override { set_input_policy(before_); }
  const InputPolicy before_ = input_policy();
};

TEST_F(ShardTrust, OursIsOpenedWithoutReadingItThrough) {
  const TemporaryFolder folder;
  write_small_shard(folder / "a.h5");
  EXPECT_TRUE(ShardReader(folder / "a.h5").is_ours());
  damage_rows(folder / "a.h5");
  EXPECT_NO_THROW(ShardReader(folder / "a.h5"));
}

TEST_F(ShardTrust, AStrangersIsReadThroughBeforeItIsOpened) {
  const TemporaryFolder folder;
  write_small_shard(folder / "a.h5");
  make_foreign(folder / "a.h5");
  EXPECT_FALSE(ShardReader(folder / "a.h5").is_ours());
  damage_rows(folder / "a.h5");
  EXPECT_THROW(ShardReader(folder / "a.h5"), DataError);
  EXPECT_NO_THROW(ShardReader(folder / "a.h5", ShardOrigin::kThisProcess));
}

TEST_F(ShardTrust, UntrustedMeansEveryone) {
  const TemporaryFolder folder;
  write_small_shard(folder / "a.h5");
  damage_rows(folder / "a.h5");
  InputPolicy policy;
  policy.untrusted = true;
  set_input_policy(policy);
  EXPECT_THROW(ShardReader(folder / "a.h5"), DataError);
}

TEST_F(ShardTrust, ACrashIsAnErrorOfTheFile) {
  const TemporaryFolder folder;
  put_bytes(folder / "a.h5", "x");
  const auto crash = [] {
    ::signal(SIGSEGV, SIG_DFL);
    ::raise(SIGSEGV);
  };
  EXPECT_THROW(check_shard_in_child(folder / "a.h5", "a.h5", crash), DataError);
  EXPECT_THROW(check_shard_in_child(folder / "a.h5", "a.h5", crash), DataError);
  check_shard_in_child(folder / "a.h5", "a.h5", [] {});
  check_shard_in_child(folder / "a.h5", "a.h5", crash);  // known to be fine: not run again
}

TEST_F(ShardTrust, ASetCostsOneChild) {
  const TemporaryFolder folder;
  for (const char* name : {"a.h5", "b.h5", "c.h5"}) write_small_shard(folder / name);
  put_bytes(folder / "bad.h5", "x");
  look_at_shards({folder / "a.h5", "-", folder / "b.h5"});
  // What is known is not run again.
  const auto fail = [] { throw DataError("was looked at again"); };
  for (const char* name : {"a.h5", "b.h5"}) check_shard_in_child(folder / name, name, fail);
  EXPECT_THROW(check_shard_in_child(folder / "c.h5", "c.h5", fail), DataError);
  EXPECT_NO_THROW(look_at_shards({folder / "bad.h5", folder / "c.h5"}));
  EXPECT_THROW(ShardReader(folder / "bad.h5"), DataError);
  EXPECT_NO_THROW(ShardReader(folder / "c.h5"));
}

}  // namespace
}  // namespace mae
