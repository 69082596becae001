#include "mae/base/file_handles.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <functional>

#include "mae/base/atomic_file.h"
#include "mae/base/confined_child.h"
#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/locked_file.h"
#include "mae/base/stale_files.h"
#include "temporary_folder.h"

namespace mae {
namespace {

enum Ending { kDone, kResource, kOther };

// How `action` ends in a process that has `free` handles left; what it throws must name `where`.
int with_handles(int free, const std::string& where, const std::function<void()>& action) {
  return in_child([&] {
    const int next = ::open("/", O_PATH | O_CLOEXEC);
    for (int number = 3; number < next; ++number) ::close(number);
    const auto most = static_cast<rlim_t>(3 + free);
    const struct rlimit both { most, most };
    ::close(next);
    ::setrlimit(RLIMIT_NOFILE, &both);
    try {
      action();
      return kDone;
    } catch (const ResourceError& error) {
      const bool helps = error.hint().find("ulimit -n") != std::string::npos;
      return helps && error.line().rfind(where, 0) == 0 ? kResource : kOther;
    } catch (const std::exception&) {
      return kOther;
    }
  });
}

TEST(FileHandles, OnlyTheirLackIsAResourceError) {
  EXPECT_THROW(check_file_handles(EMFILE, "f"), ResourceError);
  EXPECT_THROW(check_file_handles(ENFILE, "f"), ResourceError);
  EXPECT_NO_THROW(check_file_handles(EACCES, "f"));
  EXPECT_NO_THROW(check_file_handles(0, "f"));
  EXPECT_NO_THROW(check_file_handles("f"));
  EXPECT_EQ(file_handle_hint(EACCES), "");
  EXPECT_EQ(with_handles(0, "f: ", [] { check_file_handles("f"); }), kResource);
}

TEST(FileHandles, InputsAndOutputs) {
  const TemporaryFolder folder;
  const std::string path = folder / "f";
  put_bytes(path, "12345");
  EXPECT_EQ(with_handles(1, path, [&] { read_file(path); }), kDone);
  EXPECT_EQ(with_handles(0, path, [&] { read_file(path); }), kResource);
  EXPECT_EQ(with_handles(0, path, [&] { write_file_atomically(path, "new"); }), kResource);
  EXPECT_EQ(bytes_of(path), "12345");
  EXPECT_EQ(folder.names().size(), 1U);
}

// The child needs handles to be confined with: with none for its rules it must not parse at all,
// and with one too few it must not take the file for one that may not be read.
TEST(FileHandles, AChildThatCannotBeConfinedDoesNotParse) {
  const TemporaryFolder folder;
  const std::string path = folder / "f";
  put_bytes(path, "12345");
  SandboxLimits limits;
  limits.readable = {path};
  const auto parse = [&] {
    parse_confined(path, limits, [&] {
      if (read_file(path) != "12345") throw DataError("is another file");
    });
  };
  int refused = 0;
  for (int free = 0; free < 8; ++free) {
    const int ending = with_handles(free, path, parse);
    EXPECT_NE(ending, kOther) << free << " handles";
    refused += ending == kResource ? 1 : 0;
  }
  EXPECT_GE(refused, 2);  // the channel takes two
  EXPECT_LT(refused, 8);
}

// Without a handle to ask whether its owner lives, a temporary file stays.
TEST(FileHandles, ALivingWritersFileIsLeftAlone) {
  const TemporaryFolder folder;
  const LockedFile file = create_locked_beside(folder / "out");
  const auto sweep = [&] { sweep_temporary_files(folder.path(), [](auto&) { return true; }); };
  EXPECT_EQ(with_handles(1, "", sweep), kDone);  // the one is for listing the folder
  EXPECT_EQ(folder.names().size(), 1U);
  EXPECT_EQ(with_handles(2, "", sweep), kDone);
  EXPECT_EQ(folder.names().size(), 1U);
  ::close(file.descriptor);
  EXPECT_EQ(with_handles(2, "", sweep), kDone);
  EXPECT_EQ(folder.names().size(), 0U);
}

}  // namespace
}  // namespace mae
