// Which of how many processes this one is, as the launcher's environment says: torchrun, mpirun
// (Open MPI, MPICH and its relatives) or srun. Connects to nobody.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace mae {

/// A process among those that train together. The default is a plain start: one process.
struct LaunchPlace {
  int rank = 0, world_size = 1;
  int local_rank = 0, local_world_size = 1;  ///< among those of this machine
  std::string launcher;  ///< "torchrun", "Open MPI", "MPI", "Slurm"; empty: none
  std::string address;   ///< where rank 0 listens
  int port = 0;
  std::string run_id;         ///< tells this run's processes from another's at the same address
  bool store_exists = false;  ///< the launcher itself listens there, so rank 0 need not

  bool is_alone() const { return world_size == 1; }
};

/// Looks up a variable; nothing when it is not set. A parameter, so that tests can make launchers
/// up.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment_variables();

/// The first launcher whose variables are set, in the order above; MASTER_ADDR and MASTER_PORT
/// override what others than torchrun say of the meeting point. Without them, processes of one
/// machine meet at 127.0.0.1 and a port made from the job's number, and Slurm's at the first node
/// of the step.
/// throws UsageError  a variable that is missing, no number or out of range, by its name; several
///                    machines without a meeting point
LaunchPlace launch_place(const Environment& environment = process_environment_variables());

/// The device that `name` means for a process of a launch: "cuda" is its own one, cuda:LOCAL_RANK.
std::string device_of(const LaunchPlace& place, const std::string& name);

/// Compute threads of a process that shares its machine with others: its part of `threads`, at
/// least one.
int share_of_threads(const LaunchPlace& place, int threads);

}  // namespace mae
