// Optimizer steps that cannot spoil the weights: taken when loss and gradient are finite, else left
// out, gone back over, or the end of the run (step_guard.h). Private to train.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mae/data/sample_dataset.h"
#include "mae/train/optimizer.h"
#include "mae/train/run_directory.h"
#include "mae/train/step_failure.h"
#include "mae/train/step_guard.h"

namespace mae {

class GuardedSteps {
 public:
  struct Settings {
    double clip_grad = 0;  ///< largest gradient norm; 0 = off
    int64_t nan_skips = 0, steps_per_epoch = 1;
  };
  /// All must outlive it.
  GuardedSteps(const Module& model, Optimizer& optimizer, const SampleDataset& train,
               RunDirectory& run, const Settings& settings);

  StepGuard& guard() { return guard_; }
  const StepGuard& guard() const { return guard_; }

  /// Before the first micro-batch of a step.
  void begin();
  /// Before each micro-batch. Returns whether it is to be computed: what is left of a step that
  /// will not be taken is not.
  bool add(const std::vector<int64_t>& samples, int64_t step);
  /// The loss of the micro-batch is not finite; `what` is a text of describe_bad_loss().
  void loss_failed(const std::string& what) { failure_ = what; }
  /// After the last micro-batch: the optimizer's step from the gradients in the model, only asked
  /// for, so that a device still at work on the backward pass goes on with it. Where `loss`, a
  /// scalar, or a gradient is not finite, no weight changes; that comes out in take().
  void ask(const Tensor& loss, double lr);
  /// Waits for what was asked for, and drops the gradients; position.batch stands behind the step.
  /// Returns whether the weights changed.
  /// throws NumericError  the run has failed again and again
  bool take(const TrainPosition& position);
  /// Whether go_back() is to be called before anything else is done.
  bool must_go_back() const { return goes_back_; }
  /// Finds the state to go on from and has it restored, guard included.
  /// throws NumericError  there is none
  void go_back(const std::function<void(const RunDirectory::Resumed&)>& restore);

 private:
  void failed(const TrainPosition& position);

  const Module& model_;
  Optimizer& optimizer_;
  const SampleDataset& train_;
  RunDirectory& run_;
  double clip_grad_;
  StepGuard guard_;
  std::vector<int64_t> samples_;  // of the step under way
  bool is_left_out_ = false;      // it failed before the run went back
  std::string failure_;           // what was not finite in it; empty while all is well
  Tensor grad_norm_;              // of the step asked for; undefined where none was
  FailedStep first_;              // of the streak, for the error that ends it
  bool goes_back_ = false;
};

}  // namespace mae
