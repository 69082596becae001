// In place of c10d_group.cpp where Gloo's headers are missing: one process works, several do not.
#include "mae/base/error.h"
#include "mae/train/process_group.h"

namespace mae {

std::shared_ptr<ProcessGroup> join_processes(const LaunchPlace& place, const GroupOptions&) {
  if (place.is_alone()) return {&one_process(), [](ProcessGroup*) {}};
  throw ResourceError("this build runs one process alone",
                      place.launcher + " with " + std::to_string(place.world_size) + " processes",
                      "install Gloo's headers (Debian: libgloo-dev) and build again");
}

}  // namespace mae
