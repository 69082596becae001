// Variables as the launchers document them. torchrun's are a contract (torch.distributed's env://),
// so they win where a job sets them by hand.
#include "mae/train/launch_environment.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "mae/base/error.h"

namespace mae {
namespace {

constexpr int kFirstPort = 20000, kPorts = 20000;  // neither system ports nor Linux's outgoing ones
constexpr int kMostProcesses = 1 << 20;

/// Names under which a launcher says the same things.
struct Variables {
  const char *launcher, *rank, *world_size, *local_rank, *local_world_size, *job;
};
// SLURM_NTASKS is set in batch scripts too, where one process runs; SLURM_STEP_NUM_TASKS by srun
// alone.
constexpr Variables kLaunchers[] = {
    {"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "TORCHELASTIC_RUN_ID"},
    {"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "OMPI_COMM_WORLD_LOCAL_SIZE", "PMIX_NAMESPACE"},
    {"MPI", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS", ""},
    {"Slurm", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", "SLURM_STEP_TASKS_PER_NODE",
     "SLURM_JOB_ID"},
};

/// The number that the text begins with, as in Slurm's "4(x2),3"; `whole`: nothing may follow it.
int number_in(const std::string& text, const std::string& name, int smallest, int largest,
              bool whole = true) {
  char* end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  const bool is_number = end != text.c_str() && (!whole || *end == '\0');
  if (!is_number || value < smallest || value > largest)
    throw UsageError("expected a number from " + std::to_string(smallest) + " to " +
                         std::to_string(largest) + ", got '" + printable(text) + "'",
                     name, "it is set by the program that starts the processes");
  return static_cast<int>(value);
}

std::string needed(const Environment& environment, const std::string& name,
                   const std::string& because) {
  const std::optional<std::string> value = environment(name);
  if (!value || value->empty())
    throw UsageError("is not set, but " + because, name,
                     "start with torchrun, mpirun or srun, or set it in all processes");
  return *value;
}

/// "gpu[03-06,9],login" -> "gpu03"
std::string first_host(const std::string& list) {
  const size_t bracket = list.find('['), comma = list.find(',');
  if (bracket == std::string::npos || comma < bracket) return list.substr(0, comma);
  const size_t end = list.find_first_of("-,]", bracket);
  return list.substr(0, bracket) + list.substr(bracket + 1, end - bracket - 1);
}

/// Equal in all processes of a job: those of one machine at least have one parent.
int port_of_job(const std::string& job) {
  unsigned long long key = 0;
  for (const char c : job) key = key * 31 + static_cast<unsigned char>(c);
  if (job.empty()) key = static_cast<unsigned long long>(getppid());
  return kFirstPort + static_cast<int>(key % kPorts);
}

void find_meeting_point(const Environment& environment, const Variables& names,
                        LaunchPlace* place) {
  const std::optional<std::string> address = environment("MASTER_ADDR");
  const std::optional<std::string> port = environment("MASTER_PORT");
  const std::optional<std::string> nodes = environment("SLURM_STEP_NODELIST");
  const bool is_local = place->local_world_size == place->world_size;
  if (place->launcher == "torchrun" || address)
    place->address =
        needed(environment, "MASTER_ADDR",
               std::string(names.world_size) + " is " + std::to_string(place->world_size));
  else if (is_local)
    place->address = "127.0.0.1";
  else if (place->launcher == "Slurm" && nodes)
    place->address = first_host(*nodes);
  else
    throw UsageError("is not set, but the processes run on several machines", "MASTER_ADDR",
                     "give all of them the name of rank 0's machine: mpirun -x MASTER_ADDR=HOST");
  if (place->launcher == "torchrun" || port)
    place->port =
        number_in(needed(environment, "MASTER_PORT", "MASTER_ADDR is"), "MASTER_PORT", 1, 65535);
  else
    place->port = port_of_job(place->run_id);
}

LaunchPlace read_place(const Environment& environment, const Variables& names) {
  LaunchPlace place;
  place.launcher = names.launcher;
  place.world_size = number_in(*environment(names.world_size), names.world_size, 1, kMostProcesses);
  if (place.is_alone()) return LaunchPlace();
  const std::string because =
      std::string(names.world_size) + " is " + std::to_string(place.world_size);
  place.rank =
      number_in(needed(environment, names.rank, because), names.rank, 0, place.world_size - 1);
  if (const auto local = environment(names.local_rank))
    place.local_rank = number_in(*local, names.local_rank, 0, place.world_size - 1);
  if (const auto local = environment(names.local_world_size))
    place.local_world_size =
        number_in(*local, names.local_world_size, 1, place.world_size, /*whole=*/false);
  place.run_id = environment(names.job).value_or("");
  find_meeting_point(environment, names, &place);
  // torchrun's agent keeps a store of its own at the meeting point, new for each restart.
  place.store_exists = environment("TORCHELASTIC_USE_AGENT_STORE") == std::string("True");
  if (const auto attempt = environment("TORCHELASTIC_RESTART_COUNT"))
    place.run_id += "/" + *attempt;
  return place;
}

}  // namespace

Environment process_environment_variables() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

LaunchPlace launch_place(const Environment& environment) {
  for (const Variables& names : kLaunchers)
    if (environment(names.world_size)) return read_place(environment, names);
  return {};
}

std::string device_of(const LaunchPlace& place, const std::string& name) {
  if (place.is_alone() || name != "cuda") return name;
  return "cuda:" + std::to_string(place.local_rank);
}

int share_of_threads(const LaunchPlace& place, int threads) {
  return std::max(1, threads / place.local_world_size);
}

}  // namespace mae
