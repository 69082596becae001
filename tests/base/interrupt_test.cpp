#include "mae/base/interrupt.h"

#include <fcntl.h>
#include <signal.h>

#include "mae/base/atomic_file.h"
#include "mae/base/error.h"
#include "temporary_folder.h"

namespace mae {
namespace {

TEST(Interrupt, FirstSignalIsAFlag) {
  const int end = in_child([] {
    install_signal_handlers();
    check_interrupt();
    ::raise(SIGTERM);
    if (pending_signal() != SIGTERM) return 1;
    try {
      check_interrupt();
    } catch (const Interrupted& error) {
      return error.exit_code();
    }
    return 2;
  });
  EXPECT_EQ(end, 143);
}

TEST(Interrupt, UnwindingRemovesTheTemporaryFile) {
  const TemporaryFolder folder;
  put_bytes(folder / "out", "old");
  const int end = in_child([&] {
    install_signal_handlers();
    try {
      AtomicFile file(folder / "out");
      file.write("half");
      ::raise(SIGINT);
      check_interrupt();
      file.commit();
    } catch (const Interrupted& error) {
      return error.exit_code();
    }
    return 0;
  });
  EXPECT_EQ(end, 130);
  EXPECT_EQ(bytes_of(folder / "out"), "old");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"out"});
}

TEST(Interrupt, SecondSignalEndsAtOnceAndLeavesNothing) {
  const TemporaryFolder folder;
  const int end = in_child([&] {
    install_signal_handlers();
    AtomicFile first(folder / "a"), second(folder / "b");
    first.write("half");
    {
      AtomicFile finished(folder / "c");
      finished.commit();
    }
    ::raise(SIGTERM);
    ::raise(SIGINT);
    return 0;
  });
  EXPECT_EQ(end, 130);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"c"});
}

TEST(Interrupt, AChildDoesNotRemoveItsParentsFiles) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "out");
  EXPECT_EQ(in_child([] { return remove_temporary_files_now(), 0; }), 0);
  EXPECT_EQ(folder.names(), std::vector<std::string>{".out.tmp"});
}

TEST(Interrupt, IgnoredSignalsStayIgnored) {
  const int end = in_child([] {
    ::signal(SIGHUP, SIG_IGN);  // as under nohup
    install_signal_handlers();
    ::raise(SIGHUP);
    return pending_signal();
  });
  EXPECT_EQ(end, 0);
}

TEST(Interrupt, ARequestToSaveIsNoInterruption) {
  const int end = in_child([] {
    install_signal_handlers();
    if (take_save_request()) return 1;
    ::raise(SIGUSR1);
    ::raise(SIGUSR1);
    if (pending_signal() != 0) return 2;
    if (!take_save_request()) return 3;
    return take_save_request() ? 4 : 0;
  });
  EXPECT_EQ(end, 0);
}

TEST(ProtectStandardDescriptors, ClosedOnesAreNotReused) {
  const TemporaryFolder folder;
  const int end = in_child([&] {
    ::close(0);
    ::close(1);
    ::close(2);
    protect_standard_descriptors();
    AtomicFile file(folder / "out");  // must not become descriptor 1
    const bool is_writable = ::write(1, "message", 7) >= 0 || ::write(2, "message", 7) >= 0;
    file.write("data");
    file.commit();
    return is_writable ? 1 : 0;
  });
  EXPECT_EQ(end, 0);
  EXPECT_EQ(bytes_of(folder / "out"), "data");
}

}  // namespace
}  // namespace mae
