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

#include "mae/base/atomic_file.h"
#include "mae/base/error.h"

namespace mae {
namespace {

constexpr const char* kState = "state.safetensors";
constexpr const char* kCheckpoint = "checkpoint.safetensors";
constexpr const char* kBest = "best.safetensors";
constexpr const char* kLock = ".lock";
const std::string kModelPrefix = "model.", kOptimizerPrefix = "optimizer.",
                  kAveragePrefix = "average.";

bool exists(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}
bool holds_only(const std::string& folder, const std::string& name);
int lock_folder(const std::string& path);
RunDirectory::Resumed parse_state(Checkpoint state, const std::string& where);
Checkpoint with_average(const Checkpoint& checkpoint, const StateDict& average);
void renew_checkpoint(const std::string& path, const Checkpoint& newest);

}  // namespace

RunDirectory::RunDirectory(std::string path, bool resume) : path_(std::move(path)) {
  struct stat status {};
  is_new_ = stat(path_.c_str(), &status) != 0;
  if (!is_new_ && !S_ISDIR(status.st_mode))
    throw UsageError("exists and is not a folder", path_, "give another name for the run");
  make_directories(path_);
  lock_ = lock_folder(path_);
  if (resume || (!exists(file(kState)) && !exists(file(kCheckpoint)))) return;
  close(lock_);
  throw UsageError("the folder already holds a run", path_,
                   "continue it with --resume, or give another name");
}

RunDirectory::~RunDirectory() {
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
  write_checkpoint(file(kState), state);
  write_checkpoint(file(kCheckpoint), with_average(checkpoint, average));
}

void RunDirectory::save_best(const Checkpoint& checkpoint) {
  write_checkpoint(file(kBest), checkpoint);
}

std::optional<RunDirectory::Resumed> RunDirectory::load() const {
  const std::string path = file(kState);
  if (!exists(path)) return std::nullopt;
  Resumed resumed = parse_state(read_checkpoint(path), path);
  renew_checkpoint(file(kCheckpoint), with_average(resumed.checkpoint, resumed.average));
  return resumed;
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
