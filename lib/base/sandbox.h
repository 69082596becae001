// Takes from the calling process everything that parsing a file does not need. Linux only; each
// part is left out where the kernel lacks it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mae {

struct SandboxLimits {
  int64_t memory_bytes = int64_t{2} << 30;  ///< on top of what the process has when it is confined
  int64_t cpu_seconds = 20;                 ///< of this process; past it it is killed
  std::vector<std::string> readable;        ///< the only files it may open, for reading
  bool threads = false;                     ///< it may start threads of its own
};

/// Limits memory, processor time and open files, forbids core files and writing to any file
/// (setrlimit); forbids new privileges; opens no file but `readable` (Landlock); starts no program,
/// process or connection (seccomp). There is no way back: call it in a child.
/// Throws ResourceError when a file handle is lacking for that, since the rest would be no sandbox.
void confine_this_process(const SandboxLimits& limits);

/// Allows so much processor time from now on, for a confined process that serves one request after
/// the other.
void allow_cpu_seconds(int64_t seconds);

/// What this kernel offers, for `--version -v`: "Landlock 4, seccomp".
std::string sandbox_description();

}  // namespace mae
