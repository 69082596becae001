// Temporary files that killed processes left behind.
#pragma once

#include <functional>
#include <string>

namespace mae {

/// Removes the temporary files of AtomicFile in `folder` whose output has a name that `is_ours`
/// takes and whose writer is dead: a living one holds its lock. Never throws; what cannot be
/// removed stays.
void sweep_temporary_files(const std::string& folder,
                           const std::function<bool(const std::string& name)>& is_ours);

}  // namespace mae
