// The state file is a checkpoint whose tensors are "model.*", "optimizer.*" and "average.*" and
// whose extra metadata holds the position, so that one atomic rename commits everything a resumed
// run needs.
#include "mae/train/run_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "mae/base/atomic_file.h"
#include "mae/base/disk_space.h"
#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/base/stale_files.h"
#include "mae/base/text.h"
#include "mae/train/shared_state.h"
#include "mae/train/step_failure.h"

namespace mae {
namespace {

constexpr const char* kState = "state.safetensors";
constexpr const char* kPrevious = "state-previous.safetensors";
constexpr const char* kCheckpoint = "checkpoint.safetensors";
constexpr const char* kBest = "best.safetensors";
constexpr const char* kLock = ".lock";
constexpr const char* kEnding = ".safetensors";
const std::string kModelPrefix = "model.", kOptimizerPrefix = "optimizer.",
                  kAveragePrefix = "average.";

bool exists(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}
bool holds_only(const std::string& folder, const std::string& name);
int lock_folder(const std::string& path);
RunDirectory::Resumed parse_state(Checkpoint state, const std::string& where);
RunDirectory::Resumed read_newest(const std::string& newest, const std::string& previous);
Checkpoint with_average(const Checkpoint& checkpoint, const StateDict& average);
void keep_previous(const std::string& folder);
void check_finite(const std::string& path, const StateDict& tensors);
void write_finite(const std::string& path, const Checkpoint& checkpoint);
int64_t bytes_of(const StateDict& tensors);
void renew_checkpoint(const std::string& path, const Checkpoint& newest);

}  // namespace

RunDirectory::RunDirectory(std::string path, bool resume, ProcessGroup& group)
    : path_(std::move(path)), group_(group) {
  if (!is_writer()) return;
  struct stat status {};
  is_new_ = stat(path_.c_str(), &status) != 0;
  if (!is_new_ && !S_ISDIR(status.st_mode))
    throw UsageError("exists and is not a folder", path_, "give another name for the run");
  make_directories(path_);
  lock_ = lock_folder(path_);
  sweep_temporary_files(path_, [](const std::string& name) { return ends_with(name, kEnding); });
  const bool holds_run =
      exists(file(kState)) || exists(file(kPrevious)) || exists(file(kCheckpoint));
  if (resume || !holds_run) return;
  close(lock_);
  throw UsageError("the folder already holds a run", path_,
                   "continue it with --resume, or give another name");
}

RunDirectory::~RunDirectory() {
  if (!is_writer()) return;
  if (is_new_ && holds_only(path_, kLock)) {
    unlink(file(kLock).c_str());
    rmdir(path_.c_str());
  }
  close(lock_);
}

std::string RunDirectory::file(const std::string& name) const { return path_ + "/" + name; }

void RunDirectory::save(const Checkpoint& checkpoint, const Optimizer& optimizer,
                        const TrainPosition& position, const nlohmann::json& training_config,
                        const StateDict& average) {
  if (!is_writer()) return;
  Checkpoint state = checkpoint;
  state.tensors.clear();
  for (const auto& [name, tensor] : checkpoint.tensors) state.tensors[kModelPrefix + name] = tensor;
  for (const auto& [name, tensor] : optimizer.state())
    state.tensors[kOptimizerPrefix + name] = tensor;
  for (const auto& [name, tensor] : average) state.tensors[kAveragePrefix + name] = tensor;
  state.extra = {{"checkpoint_extra", checkpoint.extra},
                 {"training_config", training_config},
                 {"position",
                  {{"step", position.step},
                   {"epoch", position.epoch},
                   {"batch", position.batch},
                   {"meters", position.meters}}}};
  check_finite(file(kState), state.tensors);
  keep_previous(path_);
  write_checkpoint(file(kState), state);
  write_checkpoint(file(kCheckpoint), with_average(checkpoint, average));
}

void RunDirectory::save_best(const Checkpoint& checkpoint) {
  if (!is_writer()) return;
  write_finite(file(kBest), checkpoint);
}

void RunDirectory::keep(const Checkpoint& checkpoint, int64_t epochs) {
  if (!is_writer()) return;
  char name[64];
  std::snprintf(name, sizeof(name), "checkpoint-epoch-%04lld.safetensors",
                static_cast<long long>(epochs));
  write_finite(file(name), checkpoint);
}

void RunDirectory::require_room(const Checkpoint& checkpoint, const Optimizer& optimizer,
                                const StateDict& average, int64_t kept) const {
  if (!is_writer()) return;
  const int64_t weights = bytes_of(checkpoint.tensors);
  const int64_t state = weights + bytes_of(optimizer.state()) + bytes_of(average);
  // While a state is written, it, the newest and the one before lie side by side; so do two
  // checkpoints.
  int64_t bytes = 3 * state + (2 + 1 + kept) * weights;
  for (const char* there : {kState, kPrevious, kCheckpoint, kBest})
    bytes -= bytes_of_file(file(there));
  require_free_space(path_, bytes, path_);
}

std::optional<RunDirectory::Resumed> RunDirectory::load() const {
  return broadcast_state(is_writer() ? load_here() : std::nullopt, group_);
}

std::optional<RunDirectory::Resumed> RunDirectory::roll_back(int64_t step) const {
  return broadcast_state(is_writer() ? roll_back_here(step) : std::nullopt, group_);
}

std::optional<RunDirectory::Resumed> RunDirectory::load_here() const {
  if (!exists(file(kState)) && !exists(file(kPrevious))) return std::nullopt;
  Resumed resumed = read_newest(file(kState), file(kPrevious));
  renew_checkpoint(file(kCheckpoint), with_average(resumed.checkpoint, resumed.average));
  return resumed;
}

std::optional<RunDirectory::Resumed> RunDirectory::roll_back_here(int64_t step) const {
  for (const char* name : {kState, kPrevious}) {
    if (!exists(file(name))) continue;
    const nlohmann::json extra = read_checkpoint_header(file(name)).extra;
    if (extra.at("position").at("step").get<int64_t>() > step) continue;
    Resumed resumed = parse_state(read_checkpoint(file(name)), file(name));
    if (name == kPrevious && rename(file(kPrevious).c_str(), file(kState).c_str()) != 0)
      throw ResourceError("cannot be renamed: " + system_reason(errno), file(kPrevious));
    renew_checkpoint(file(kCheckpoint), with_average(resumed.checkpoint, resumed.average));
    return resumed;
  }
  return std::nullopt;
}

namespace {

bool holds_only(const std::string& folder, const std::string& name) {
  DIR* directory = opendir(folder.c_str());
  if (directory == nullptr) return false;
  bool found = false, others = false;
  while (const dirent* entry = readdir(directory)) {
    const std::string member = entry->d_name;
    found = found || member == name;
    others = others || (member != name && member != "." && member != "..");
  }
  closedir(directory);
  return found && !others;
}

/// An open, locked descriptor of the folder's lock file.
int lock_folder(const std::string& path) {
  const std::string name = path + "/" + kLock;
  const int descriptor = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor < 0) throw ResourceError("cannot open: " + system_reason(errno), name);
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  const int reason = errno;
  close(descriptor);
  if (reason == EWOULDBLOCK)
    throw ResourceError("another process is training into this folder", path,
                        "wait for it, or give another name");
  throw ResourceError("cannot lock: " + system_reason(reason), name);
}

/// The part of `name` behind `prefix`, or nothing.
std::optional<std::string> without_prefix(const std::string& name, const std::string& prefix) {
  if (name.compare(0, prefix.size(), prefix) != 0) return std::nullopt;
  return name.substr(prefix.size());
}

RunDirectory::Resumed parse_state(Checkpoint state, const std::string& where) {
  RunDirectory::Resumed resumed;
  try {
    const nlohmann::json& position = state.extra.at("position");
    resumed.position.step = position.at("step").get<int64_t>();
    resumed.position.epoch = position.at("epoch").get<int64_t>();
    resumed.position.batch = position.at("batch").get<int64_t>();
    resumed.position.meters = position.at("meters");
    resumed.training_config = state.extra.at("training_config");
    resumed.checkpoint.extra = state.extra.at("checkpoint_extra");
  } catch (const nlohmann::json::exception&) {
    throw DataError("the file does not hold the state of a training run", where,
                    "remove the folder and start again");
  }
  resumed.checkpoint.config = state.config;
  resumed.checkpoint.preprocessing = state.preprocessing;
  resumed.checkpoint.provenance = state.provenance;
  for (const auto& [name, tensor] : state.tensors) {
    if (const auto model_name = without_prefix(name, kModelPrefix))
      resumed.checkpoint.tensors[*model_name] = tensor;
    else if (const auto optimizer_name = without_prefix(name, kOptimizerPrefix))
      resumed.optimizer[*optimizer_name] = tensor;
    else if (const auto average_name = without_prefix(name, kAveragePrefix))
      resumed.average[*average_name] = tensor;
  }
  return resumed;
}

/// Says which one it is when it is not the newest.
RunDirectory::Resumed read_newest(const std::string& newest, const std::string& previous) {
  try {
    return parse_state(read_checkpoint(newest), newest);
  } catch (const DataError& error) {
    if (!exists(previous)) throw;
    RunDirectory::Resumed resumed = parse_state(read_checkpoint(previous), previous);
    // Else the next save would keep the damaged one as the state before it.
    if (rename(previous.c_str(), newest.c_str()) != 0)
      throw ResourceError("cannot be renamed: " + system_reason(errno), previous);
    log_warning(error.line() + "; going on from " + previous + ", step " +
                std::to_string(resumed.position.step));
    return resumed;
  }
}

/// A second name for the newest state, which is about to be replaced: never is there none.
void keep_previous(const std::string& folder) {
  const std::string newest = folder + "/" + kState, previous = folder + "/" + kPrevious,
                    link_name = folder + "/.state-previous.safetensors.tmp";
  if (!exists(newest)) return;
  unlink(link_name.c_str());
  // File systems without hard links: for a moment only the one before is there, which load() takes.
  const bool linked = link(newest.c_str(), link_name.c_str()) == 0;
  const bool renamed = rename((linked ? link_name : newest).c_str(), previous.c_str()) == 0;
  const int reason = errno;
  // It is still there where renaming failed, and where both are names of one file since a run was
  // killed here: then rename() does nothing.
  if (linked) unlink(link_name.c_str());
  if (!renamed) throw ResourceError("cannot be renamed: " + system_reason(reason), newest);
}

void check_finite(const std::string& path, const StateDict& tensors) {
  if (const auto name = first_not_finite(tensors))
    throw NumericError("tensor " + *name + " has values that are not finite", path,
                       "use a smaller --lr, --clip-grad or --dtype float32");
}

void write_finite(const std::string& path, const Checkpoint& checkpoint) {
  check_finite(path, checkpoint.tensors);
  write_checkpoint(path, checkpoint);
}

int64_t bytes_of(const StateDict& tensors) {
  int64_t bytes = 0;
  for (const auto& [name, tensor] : tensors) bytes += tensor.numel() * tensor.element_size();
  return bytes;
}

Checkpoint with_average(const Checkpoint& checkpoint, const StateDict& average) {
  Checkpoint made = checkpoint;
  if (!average.empty()) made.tensors = average;
  return made;
}

bool is_newest(const std::string& path, const Checkpoint& newest) {
  if (!exists(path)) return false;
  try {
    return read_checkpoint_header(path).extra == newest.extra;
  } catch (const DataError&) {
    return false;  // damaged: the state holds the same weights
  }
}

/// A kill between the two writes of save() leaves an older checkpoint, or none.
void renew_checkpoint(const std::string& path, const Checkpoint& newest) {
  if (!is_newest(path, newest)) write_checkpoint(path, newest);
}

}  // namespace
}  // namespace mae
