// When a run is saved: after epochs, after minutes, on request (SIGUSR1), when a signal ends it.
// Private to train.
#pragma once

#include <chrono>
#include <functional>

#include "mae/base/progress.h"
#include "mae/train/process_group.h"
#include "mae/train/run_directory.h"
#include "mae/train/save_options.h"
#include "mae/train/step_guard.h"

namespace mae {

class RunSaver {
 public:
  /// write      saves the state of the loop into the run
  /// published  the checkpoint of this moment, for copies that are kept
  /// group      a signal to one of its processes stops all of them at the same place
  RunSaver(const SaveOptions& options, RunDirectory& run, const StepGuard& guard,
           ProcessGroup& group, Progress& progress, std::function<void()> write,
           std::function<Checkpoint()> published);

  /// Something changed since the last save, or was just restored from it.
  void touch() { saved_ = false; }
  void mark_saved();
  /// Unless nothing changed. throws NumericError  a weight is not finite; the last save stays
  void save();
  /// With a signal pending: saves and throws Interrupted. Collective, as the rest below.
  void stop_if_interrupted();
  /// Between two steps.
  void after_step();
  /// When `epochs` epochs are done and the position stands at the beginning of the next.
  void after_epoch(int64_t epochs);

 private:
  void stop(double signal_number);
  void save_by_schedule();

  SaveOptions options_;
  RunDirectory& run_;
  const StepGuard& guard_;
  ProcessGroup& group_;
  Progress& progress_;
  std::function<void()> write_;
  std::function<Checkpoint()> published_;
  bool saved_ = false;  // nothing changed since the last save
  std::chrono::steady_clock::time_point last_save_ = std::chrono::steady_clock::now();
};

}  // namespace mae
