// The folder of a training run: checkpoint.safetensors (newest complete), state.safetensors (to
// resume) and the one before it, best.safetensors, checkpoints of chosen epochs, log.jsonl,
// TensorBoard events. One writer at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mae/models/checkpoint.h"
#include "mae/train/optimizer.h"
#include "mae/train/process_group.h"

namespace mae {

/// Where training stands: `step` optimizer steps done or, not being finite, left out; the next
/// batch is `batch` of `epoch`.
struct TrainPosition {
  int64_t step = 0;
  int64_t epoch = 0;
  int64_t batch = 0;
  /// Sums of the epoch under way and the best result so far: whatever the loop needs to go on as if
  /// it had never stopped. Finite numbers only; they come back bit for bit.
  nlohmann::json meters = nlohmann::json::object();
};

class RunDirectory {
 public:
  /// Creates or opens the folder, locks it and removes what killed processes left half-written.
  /// With resume == false a folder that already holds a run is refused (UsageError, hint --resume
  /// or another name). throws ResourceError when another run writes it
  /// group  processes of the run: rank 0 alone touches the folder, and what it loads goes to all
  RunDirectory(std::string path, bool resume, ProcessGroup& group = one_process());
  /// A folder into which nothing was written is removed again.
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  const std::string& path() const { return path_; }
  /// Whether it is this process that writes into the folder.
  bool is_writer() const { return group_.is_first(); }
  std::string file(const std::string& name) const;
  /// Throws ResourceError when the disk cannot take the run: two states and two checkpoints beside
  /// the ones being replaced, the best one, and `kept` that stay.
  void require_room(const Checkpoint& checkpoint, const Optimizer& optimizer,
                    const StateDict& average, int64_t kept) const;
  /// Writes the state (weights, optimizer, position, configuration) and then the checkpoint, each
  /// atomically; the state before stays as state-previous.safetensors. Killed between the two, the
  /// checkpoint is older than the state until load() was called.
  /// throws NumericError  a tensor is not finite; nothing is written then
  /// average  averaged weights, when the run keeps them: they go into the state beside the weights
  ///          and into the checkpoint in their place
  void save(const Checkpoint& checkpoint, const Optimizer& optimizer, const TrainPosition& position,
            const nlohmann::json& training_config, const StateDict& average = {});
  /// As best.safetensors. Throws NumericError like save().
  void save_best(const Checkpoint& checkpoint);
  /// As checkpoint-epoch-0050.safetensors, which stays. Throws NumericError like save().
  void keep(const Checkpoint& checkpoint, int64_t epochs);
  struct Resumed {
    Checkpoint checkpoint;  ///< with the weights that are trained, not their average
    StateDict optimizer;
    StateDict average;  ///< empty when the run keeps none
    TrainPosition position;
    nlohmann::json training_config;
  };
  /// What save() left; nothing when there is none. Only the state is read, and where it is damaged
  /// the one before it, with a warning; a checkpoint of another moment is renewed.
  /// throws DataError  both are damaged
  /// Collective, as roll_back() is.
  std::optional<Resumed> load() const;
  /// The newest state of at most this step becomes the newest of all. Nothing changes, and nothing
  /// is returned, when there is none.
  std::optional<Resumed> roll_back(int64_t step) const;

 private:
  std::optional<Resumed> load_here() const;
  std::optional<Resumed> roll_back_here(int64_t step) const;

  std::string path_;
  ProcessGroup& group_;
  bool is_new_ = false;  // made by the constructor
  int lock_ = -1;
};

}  // namespace mae
