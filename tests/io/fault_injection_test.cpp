// Fails the first, second, third ... system call that changes the disk, until the work gets
// through: at each point the result must be one clean error and the old file, never a crash or a
// damaged file under the final name.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "mae/base/error.h"
#include "mae/io/safetensors_file.h"
#include "mae/io/shard_reader.h"
#include "small_shard.h"

namespace {

int calls_until_failure = 0;  // 0: none fails
int failure = 0;
bool stays_failed = false;
bool has_failed = false;

// Whether this call is to fail, with errno set.
bool fails_now() {
  if (calls_until_failure == 0 || --calls_until_failure > 0) return false;
  if (stays_failed) calls_until_failure = 1;
  has_failed = true;
  errno = failure;
  return true;
}

}  // namespace

// Definitions in the program stand before those of the C library, for libhdf5 too.
extern "C" {
ssize_t write(int descriptor, const void* bytes, size_t size) {
  return fails_now() ? -1 : syscall(SYS_write, descriptor, bytes, size);
}
ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  return fails_now() ? -1 : syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  return fails_now() ? -1 : syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}
int ftruncate(int descriptor, off_t size) noexcept {
  return fails_now() ? -1 : static_cast<int>(syscall(SYS_ftruncate, descriptor, size));
}
int ftruncate64(int descriptor, off64_t size) noexcept {
  return fails_now() ? -1 : static_cast<int>(syscall(SYS_ftruncate, descriptor, size));
}
int fsync(int descriptor) {
  return fails_now() ? -1 : static_cast<int>(syscall(SYS_fsync, descriptor));
}
int rename(const char* from, const char* to) noexcept {
  return fails_now() ? -1 : static_cast<int>(syscall(SYS_rename, from, to));
}
}

namespace mae {
namespace {

constexpr int kFaultDidNotHappen = 77;

// Runs `work` in a child whose n-th call fails. Returns its exit code, or minus the signal.
template <typename Work>
int run_with_fault(int n, int error_number, bool stays, Work work) {
  return in_child([&] {
    failure = error_number;
    stays_failed = stays;
    calls_until_failure = n;
    int code = 0;
    try {
      work();
    } catch (const Error& error) {
      code = error.exit_code();
    }
    return has_failed ? code : kFaultDidNotHappen;
  });
}

// `work` replaces `path`; `is_whole` tells whether a file is what it writes.
template <typename Work, typename IsWhole>
void fail_everywhere(const TemporaryFolder& folder, Work work, IsWhole is_whole) {
  work();
  const std::string path = folder / folder.names().at(0);
  put_bytes(path, "old");
  for (const int error_number : {ENOSPC, EIO}) {
    for (const bool stays : {false, true}) {
      int n = 1;
      for (; n < 1000; ++n) {
        const int end = run_with_fault(n, error_number, stays, work);
        const bool is_new = bytes_of(path) != "old";
        ASSERT_EQ(folder.names().size(), 1U) << "something is left after call " << n;
        ASSERT_TRUE(!is_new || is_whole(path)) << "damaged file after call " << n;
        if (end == kFaultDidNotHappen) break;
        ASSERT_EQ(end, 4) << "call " << n << ", errno " << error_number;
        put_bytes(path, "old");
      }
      EXPECT_GT(n, 6) << "the faults do not reach every step";
      EXPECT_LT(n, 1000);
      put_bytes(path, "old");
    }
  }
}

TEST(FaultInjection, AShardIsWholeOrNotThere) {
  const TemporaryFolder folder;
  fail_everywhere(
      folder, [&] { write_small_shard(folder / "s.h5"); },
      [](const std::string& path) {
        const ShardReader shard(path);
        shard.verify();
        return shard.read<uint8_t>("patches", 0, 5) == small_patches(5);
      });
}

TEST(FaultInjection, ACheckpointIsWholeOrNotThere) {
  const TemporaryFolder folder;
  const std::vector<float> weights(1000, 0.5F);
  const std::map<std::string, TensorView> tensors = {
      {"w", {ElementType::kFloat32, {1000}, weights.data()}}};
  fail_everywhere(
      folder,
      [&] {
        write_safetensors(folder / "m.safetensors", tensors, {{"k", "v"}});
      },
      [](const std::string& path) {
        SafetensorsFile(path).verify();
        return true;
      });
}

}  // namespace
}  // namespace mae
