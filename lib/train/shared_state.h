// The state of a run, which rank 0 reads, on its way to the other processes: they need not see the
// run's folder. Private to train.
#pragma once

#include <optional>

#include "mae/train/process_group.h"
#include "mae/train/run_directory.h"

namespace mae {

/// Rank 0's state, or that it has none, in all processes.
std::optional<RunDirectory::Resumed> broadcast_state(
    const std::optional<RunDirectory::Resumed>& state, ProcessGroup& group);

/// Rank 0's parameters and buffers in all processes: machines of different make may have begun with
/// different last bits.
void broadcast_weights(const Module& model, ProcessGroup& group);

}  // namespace mae
