#include "mae/base/atomic_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstring>
#include <functional>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "temporary_folder.h"

namespace mae {
namespace {

using Names = std::vector<std::string>;

// The exit code of the error that `action` throws; 0 without one.
int code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const ClosedPipe&) {
    return 99;
  } catch (const Error& error) {
    return error.exit_code();
  }
  return 0;
}

TEST(AtomicFile, AppearsOnlyOnCommit) {
  const TemporaryFolder folder;
  put_bytes(folder / "out", "old");
  {
    AtomicFile file(folder / "out");
    file.write("ne");
    file.write("w");
    EXPECT_EQ(bytes_of(folder / "out"), "old");
    EXPECT_EQ(file.temporary_path(), folder / ".out.tmp");
    file.commit();
  }
  EXPECT_EQ(bytes_of(folder / "out"), "new");
  EXPECT_EQ(folder.names(), Names{"out"});
}

TEST(AtomicFile, WithoutCommitNothingChanges) {
  const TemporaryFolder folder;
  put_bytes(folder / "out", "old");
  { AtomicFile(folder / "out").write("half"); }
  EXPECT_EQ(bytes_of(folder / "out"), "old");
  EXPECT_EQ(folder.names(), Names{"out"});
}

TEST(AtomicFile, ObeysTheUmask) {
  const TemporaryFolder folder;
  const mode_t old = ::umask(027);
  write_file_atomically(folder / "out", "x");
  ::umask(old);
  struct stat status {};
  ASSERT_EQ(::stat((folder / "out").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
}

TEST(AtomicFile, RefusesFoldersAndEmptyNames) {
  const TemporaryFolder folder;
  EXPECT_EQ(code_of([&] { AtomicFile file(folder.path()); }), 2);
  EXPECT_EQ(code_of([&] { AtomicFile file(folder / "new/"); }), 2);
  EXPECT_EQ(code_of([&] { AtomicFile file(""); }), 2);
  EXPECT_EQ(code_of([&] { AtomicFile file(folder / "missing/out"); }), 4);
}

TEST(AtomicFile, NoClobber) {
  const TemporaryFolder folder;
  put_bytes(folder / "out", "old");
  EXPECT_EQ(code_of([&] { write_file_atomically(folder / "out", "new", Overwrite::kRefuse); }), 2);
  EXPECT_EQ(bytes_of(folder / "out"), "old");
  write_file_atomically(folder / "other", "new", Overwrite::kRefuse);
  EXPECT_EQ(bytes_of(folder / "other"), "new");
  // One that appears while we write is kept as well.
  AtomicFile file(folder / "late", Overwrite::kRefuse);
  put_bytes(folder / "late", "theirs");
  EXPECT_EQ(code_of([&] { file.commit(); }), 2);
  EXPECT_EQ(bytes_of(folder / "late"), "theirs");
  EXPECT_EQ(folder.names().size(), 3U) << "no temporary file is left";
}

TEST(AtomicFile, SecondWriterFailsAtOnce) {
  const TemporaryFolder folder;
  AtomicFile first(folder / "out");
  first.write("first");
  try {
    AtomicFile second(folder / "out");
    FAIL();
  } catch (const ResourceError& error) {
    EXPECT_STREQ(error.what(), "another process is writing this file");
  }
  EXPECT_EQ(in_child([&] { return code_of([&] { AtomicFile file(folder / "out"); }); }), 4);
  first.commit();
  EXPECT_EQ(bytes_of(folder / "out"), "first");
  write_file_atomically(folder / "out", "next");  // the lock went with the first
}

TEST(AtomicFile, ConcurrentWritersNeverMixTheirBytes) {
  const TemporaryFolder folder;
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int round = 0; round < 20; ++round) {
        code_of([&] {
          write_file_atomically(folder / "out", std::string(1000, static_cast<char>('a' + i)));
        });
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  const std::string bytes = bytes_of(folder / "out");
  ASSERT_EQ(bytes.size(), 1000U);
  EXPECT_EQ(bytes, std::string(1000, bytes[0]));
  EXPECT_EQ(folder.names(), Names{"out"});
}

TEST(AtomicFile, TakesOverWhatAKilledWriterLeft) {
  const TemporaryFolder folder;
  const int end = in_child([&] {
    AtomicFile file(folder / "out");
    file.write("half");
    return ::raise(SIGKILL);
  });
  EXPECT_EQ(end, -SIGKILL);
  EXPECT_EQ(folder.names(), Names{".out.tmp"});
  write_file_atomically(folder / "out", "whole");
  EXPECT_EQ(bytes_of(folder / "out"), "whole");
  EXPECT_EQ(folder.names(), Names{"out"});
}

TEST(AtomicFile, FollowsNoLinks) {
  const TemporaryFolder folder;
  put_bytes(folder / "victim", "precious");
  ASSERT_EQ(::symlink("victim", (folder / ".out.tmp").c_str()), 0);
  ASSERT_EQ(::symlink("victim", (folder / "out").c_str()), 0);
  write_file_atomically(folder / "out", "new");
  EXPECT_EQ(bytes_of(folder / "victim"), "precious");
  EXPECT_EQ(bytes_of(folder / "out"), "new");
}

TEST(AtomicFile, NamesOf255BytesWork) {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  write_file_atomically(folder / name, "x");
  EXPECT_EQ(folder.names(), Names{name});
}

TEST(AtomicFile, NoticesAReplacedTemporaryFile) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "out");
  ::unlink(file.temporary_path().c_str());
  put_bytes(file.temporary_path(), "not ours");
  EXPECT_EQ(code_of([&] { file.commit(); }), 4);
  EXPECT_NE(bytes_of(folder / "out"), "not ours");
}

TEST(AtomicFile, FullDiskLeavesTheOldOutput) {
  const TemporaryFolder folder;
  put_bytes(folder / "out", "old");
  const int end = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    return code_of([&] { write_file_atomically(folder / "out", std::string(5000, 'x')); });
  });
  EXPECT_EQ(end, 4);
  EXPECT_EQ(bytes_of(folder / "out"), "old");
  EXPECT_EQ(folder.names(), Names{"out"});
}

TEST(AtomicFile, DevicesAreWrittenToNotReplaced) {
  EXPECT_EQ(code_of([] { write_file_atomically("/dev/full", "x"); }), 4);
  EXPECT_EQ(code_of([] { write_file_atomically("/dev/null", "x"); }), 0);
  struct stat status {};
  ASSERT_EQ(::stat("/dev/null", &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
}

TEST(AtomicFile, FifoGetsACopy) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  const int reader = ::open((folder / "fifo").c_str(), O_RDONLY | O_NONBLOCK);
  write_file_atomically(folder / "fifo", "through");
  char bytes[16] = {};
  EXPECT_EQ(::read(reader, bytes, sizeof(bytes)), 7);
  EXPECT_STREQ(bytes, "through");
  ::close(reader);
}

// Standard output of a child is `descriptor`; temporary files lie in `folder`.
int write_to_standard_output(const TemporaryFolder& folder, int descriptor,
                             const std::string& bytes) {
  return in_child([&] {
    install_signal_handlers();
    ::setenv("TMPDIR", folder.path().c_str(), 1);
    ::dup2(descriptor, 1);
    return code_of([&] { write_file_atomically("-", bytes); });
  });
}

TEST(AtomicFile, DashIsStandardOutput) {
  const TemporaryFolder folder, temporary;
  const std::string bytes(3000000, 'x');
  const int out = ::open((folder / "out").c_str(), O_WRONLY | O_CREAT, 0600);
  EXPECT_EQ(write_to_standard_output(temporary, out, bytes), 0);
  ::close(out);
  EXPECT_EQ(bytes_of(folder / "out"), bytes);
  EXPECT_EQ(temporary.names(), Names{});
}

TEST(AtomicFile, ClosedPipeAndFullDeviceAreToldApart) {
  const TemporaryFolder temporary;
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  ::close(pipe_ends[0]);
  EXPECT_EQ(write_to_standard_output(temporary, pipe_ends[1], "x"), 99);
  ::close(pipe_ends[1]);
  const int full = ::open("/dev/full", O_WRONLY);
  EXPECT_EQ(write_to_standard_output(temporary, full, "x"), 4);
  ::close(full);
  EXPECT_EQ(temporary.names(), Names{});
}

TEST(AtomicFile, StaleStreamFilesAreSwept) {
  const TemporaryFolder temporary;
  put_bytes(temporary / "mae-stream-1-0.tmp", "left by a killed process");
  put_bytes(temporary / "other.tmp", "not ours");
  const int null = ::open("/dev/null", O_WRONLY);
  EXPECT_EQ(write_to_standard_output(temporary, null, "x"), 0);
  ::close(null);
  EXPECT_EQ(temporary.names(), Names{"other.tmp"});
}

TEST(MakeDirectories, MakesParentsAndNamesObstacles) {
  const TemporaryFolder folder;
  make_directories(folder / "a/b/c");
  make_directories(folder / "a/b/c");
  put_bytes(folder / "file", "");
  EXPECT_EQ(code_of([&] { make_directories(folder / "file"); }), 4);
  EXPECT_EQ(code_of([&] { make_directories(folder / "file/below"); }), 4);
}

}  // namespace
}  // namespace mae
