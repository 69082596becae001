#include "mae/base/confined_child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>
#include <cstring>

#include "mae/base/error.h"
#include "temporary_folder.h"

namespace mae {
namespace {

// What a child says when it finds `holds`.
void expect_in_child(const char* what, const SandboxLimits& limits,
                     const std::function<bool()>& holds) {
  EXPECT_NO_THROW(parse_confined("test", limits, [&] {
    if (!holds()) throw DataError("it does not hold");
  })) << what;
}

TEST(ParseConfined, WhatIsFineChangesNothingHere) {
  int counter = 0;
  parse_confined("file", {}, [&] { ++counter; });
  EXPECT_EQ(counter, 0);  // it happened in the child
}

TEST(ParseConfined, ErrorsKeepTheirClassAndWords) {
  try {
    parse_confined("file", {}, [] { throw DataError("is bad", "file:/x", "make it again"); });
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(error.line(), "file:/x: is bad");
    EXPECT_EQ(error.hint(), "make it again");
  }
  EXPECT_THROW(parse_confined("file", {}, [] { throw UsageError("no"); }), UsageError);
  EXPECT_THROW(parse_confined("file", {}, [] { throw ResourceError("no"); }), ResourceError);
  EXPECT_THROW(parse_confined("file", {}, [] { throw std::runtime_error("odd"); }), DataError);
}

TEST(ParseConfined, ACrashIsAnErrorHere) {
  try {
    parse_confined("bad.h5", {}, [] {
      ::signal(SIGSEGV, SIG_DFL);  // the sanitizers' handler would print
      ::raise(SIGSEGV);
    });
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(error.line(), "bad.h5: the process that was to read it crashed (SIGSEGV)");
  }
}

TEST(ParseConfined, AnEndlessLoopIsStopped) {
  SandboxLimits limits;
  limits.cpu_seconds = 0;
  volatile bool on = true;
  try {
    parse_confined("slow", limits, [&] {
      while (on) continue;
    });
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(error.line(), "slow: the process that was to read it took too much time or memory");
  }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(ParseConfined, AFloodOfMemoryIsStopped) {
  SandboxLimits limits;
  limits.memory_bytes = int64_t{64} << 20;
  const auto take = [](size_t mib) {
    return [mib] {
      std::vector<char> bytes(mib << 20, 'x');
      if (bytes.back() != 'x') throw DataError("unreachable");
    };
  };
  EXPECT_NO_THROW(parse_confined("small", limits, take(32)));
  try {
    parse_confined("large", limits, take(512));
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(error.line(), "large: takes more than 64 MiB of memory to read");
  }
}
#endif

TEST(ParseConfined, TheWorldIsOutOfReach) {
  const TemporaryFolder folder;
  put_bytes(folder / "given", "x");
  put_bytes(folder / "other", "x");
  SandboxLimits limits;
  limits.readable = {folder / "given"};
  const auto opens = [&](const char* name, int flags) {
    return ::open((folder / name).c_str(), flags | O_CLOEXEC, 0600) >= 0;
  };
  expect_in_child("reading what is given", limits, [&] { return opens("given", O_RDONLY); });
  if (sandbox_description().find("no Landlock") == std::string::npos) {
    expect_in_child("reading", limits, [&] { return !opens("other", O_RDONLY); });
    expect_in_child("writing", limits, [&] { return !opens("given", O_WRONLY); });
    expect_in_child("making", limits, [&] { return !opens("new", O_WRONLY | O_CREAT); });
  }
  if (sandbox_description().find("no seccomp") == std::string::npos) {
    expect_in_child("a socket", limits, [] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0; });
    expect_in_child("a process", limits, [] { return ::fork() < 0; });
    expect_in_child("a program", limits,
                    [] { return ::execl("/bin/true", "true", nullptr) < 0 && errno == EPERM; });
  }
  EXPECT_EQ(folder.names().size(), 2U);
}

TEST(ParseConfined, OpenFilesAreNotInherited) {
  const TemporaryFolder folder;
  put_bytes(folder / "secret", "x");
  const int opened = ::open((folder / "secret").c_str(), O_RDONLY | O_CLOEXEC);
  const int descriptor = ::fcntl(opened, F_DUPFD_CLOEXEC, 20);  // not the number of the channel
  expect_in_child("descriptor", {}, [&] {
    char byte = 0;
    return ::read(descriptor, &byte, 1) < 0;
  });
  // A file that is named by its number is.
  for (const int number : {descriptor, opened}) {
    SandboxLimits limits;
    limits.readable = {"/proc/self/fd/" + std::to_string(number)};
    expect_in_child("named by number", limits, [&] {
      char byte = 0;
      const int again = ::open(limits.readable[0].c_str(), O_RDONLY | O_CLOEXEC);
      return ::read(again, &byte, 1) == 1 && byte == 'x';
    });
  }
  ::close(descriptor);
  ::close(opened);
}

TEST(ConfinedChild, ServesItsChannel) {
  ConfinedChild child({}, [](int channel) {
    char byte = 0;
    while (receive_bytes(channel, &byte, 1)) {
      ++byte;
      send_bytes(channel, &byte, 1);
    }
  });
  for (char byte = 'a'; byte < 'e'; ++byte) {
    char answer = 0;
    ASSERT_TRUE(send_bytes(child.channel(), &byte, 1));
    ASSERT_TRUE(receive_bytes(child.channel(), &answer, 1));
    EXPECT_EQ(answer, byte + 1);
  }
}

TEST(ReceiveBytes, GivesUpOnASilentChild) {
  ConfinedChild child({}, [](int channel) {
    char byte = 0;
    receive_bytes(channel, &byte, 1);
  });
  char byte = 0;
  EXPECT_FALSE(receive_bytes(child.channel(), &byte, 1, /*timeout_s=*/0));
}

}  // namespace
}  // namespace mae
