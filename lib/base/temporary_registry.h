// The names of temporary files that must not outlive this process, kept where a signal handler may
// read them: plain memory, no locks. Private to base.
#pragma once

#include <string>

namespace mae {

/// Remembers a path; returns its slot, or -1 when all are taken (the file is then only removed by
/// its owner).
int register_temporary(const std::string& path) noexcept;
/// Forgets it, once the file is renamed or removed. A negative slot is ignored.
void unregister_temporary(int slot) noexcept;

}  // namespace mae
