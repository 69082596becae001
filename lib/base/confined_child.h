// Parsing what a stranger made, in a child process that has nothing to lose: a crash, an endless
// loop or a flood of memory there is an error message here.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "mae/base/sandbox.h"

namespace mae {

/// A forked, confined child that runs `body` with its end of a socket and then ends without running
/// destructors. It inherits this process's memory but no open file, unless the first of
/// limits.readable is one by its number (/dev/stdin); its messages are silenced. Signals from the
/// terminal pass it by; when its parent has gone its channel is closed.
class ConfinedChild {
 public:
  /// throws ResourceError  no process or socket can be had
  ConfinedChild(const SandboxLimits& limits, const std::function<void(int channel)>& body);
  /// Kills it if it still runs.
  ~ConfinedChild();
  ConfinedChild(const ConfinedChild&) = delete;
  ConfinedChild& operator=(const ConfinedChild&) = delete;

  int channel() const { return channel_; }
  /// Why it is gone, in words: "crashed (SIGSEGV)", "took too much time". Waits for its end.
  std::string reason_of_end();

 private:
  std::string file_;  ///< the first it may read, "" for none
  pid_t process_ = -1;
  int channel_ = -1;
};

/// Runs `parse` in a confined child and throws here what it threw there, of the same class.
/// what     for messages: the file
/// throws DataError  the child crashed, or ran into a limit
///        ResourceError  no process can be had
///        Interrupted  a signal arrived meanwhile
void parse_confined(const std::string& what, const SandboxLimits& limits,
                    const std::function<void()>& parse);

/// What a reader calls before it parses a file: `check`, which reads it through, is run in a
/// confined child that may read only that file ("-": nothing), once for each file and aspect. Does
/// nothing in a confined child. The child costs about 0.2 ms for each MiB of memory in use here.
/// where   names the file in messages
/// aspect  what `check` looks at, where that is not always the same
/// throws what parse_confined throws
void check_file_in_child(const std::string& path, const std::string& where,
                         const std::string& aspect, const std::function<void()>& check);

/// The same for many files with one child, which calls `check` for each. Where one of them is bad
/// nothing is thrown: check_file_in_child() will find out which.
void check_files_in_child(const std::vector<std::string>& paths, const std::string& aspect,
                          const std::function<void(const std::string& path)>& check);

/// Writes or reads exactly `size` bytes of a channel; false when the other end is gone, or, with
/// timeout_s, silent for so long.
bool send_bytes(int channel, const void* data, size_t size);
bool receive_bytes(int channel, void* data, size_t size, int timeout_s = -1);

}  // namespace mae
