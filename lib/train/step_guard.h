// What happens to optimizer steps that are not finite: left out, then rolled back over, then the
// end. Knows only numbers of steps; what was wrong is said by step_failure.h. Private to train.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace mae {

/// Steps are numbered from 0 over the whole run, those left out included, so that a number always
/// means the same batches. Its state is a part of the run's.
class StepGuard {
 public:
  /// nan_skips        steps in a row that may fail before the run goes back; 0: none may
  /// steps_per_epoch  a second streak within an epoch of the first is the same trouble again
  StepGuard(int64_t nan_skips, int64_t steps_per_epoch)
      : nan_skips_(nan_skips), steps_per_epoch_(steps_per_epoch) {}

  /// Whether this step belongs to the trouble that the run went back over.
  bool leaves_out(int64_t step) const { return step >= first_left_out_ && step <= last_left_out_; }
  void left_out() { ++skipped_; }
  void succeeded() { failed_in_a_row_ = 0; }

  enum class Verdict { kGoOn, kRollBack, kStop };
  /// The step was not taken.
  Verdict failed(int64_t step);
  /// After kRollBack: the run may go on from a state of at most this step. As many steps as failed
  /// are left out before the streak, too, since one of them spoilt the weights (PaLM, section 5.1).
  int64_t roll_back_to() const {
    return first_failed_ > nan_skips_ ? first_failed_ - nan_skips_ : 0;
  }
  /// The last step of the streak, up to which steps are left out.
  int64_t last_failed() const { return last_failed_; }
  /// To be called when the state before has been restored: steps from `first` to `last` will be
  /// left out.
  void leave_out(int64_t first, int64_t last);

  /// While it is, the weights may be spoilt already: nothing is saved by schedule.
  bool is_failing() const { return failed_in_a_row_ > 0; }
  int64_t skipped() const { return skipped_; }  ///< steps that changed nothing, in all

  nlohmann::json state() const;
  /// Null stands for a run begun before there was a guard. Throws nlohmann::json::exception.
  void restore(const nlohmann::json& state);

 private:
  int64_t nan_skips_, steps_per_epoch_;
  int64_t failed_in_a_row_ = 0, first_failed_ = 0, last_failed_ = 0, skipped_ = 0;
  int64_t first_left_out_ = -1, last_left_out_ = -1;  // -1: the run never went back
};

}  // namespace mae
