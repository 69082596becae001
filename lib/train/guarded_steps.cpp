#include "mae/train/guarded_steps.h"

#include <cmath>

#include "mae/base/log.h"

namespace mae {

GuardedSteps::GuardedSteps(const Module& model, Optimizer& optimizer, const SampleDataset& train,
                           RunDirectory& run, const Settings& settings)
    : model_(model),
      optimizer_(optimizer),
      train_(train),
      run_(run),
      clip_grad_(settings.clip_grad),
      guard_(settings.nan_skips, settings.steps_per_epoch) {}

void GuardedSteps::begin() {
  samples_.clear();
  failure_.clear();
}

bool GuardedSteps::add(const std::vector<int64_t>& samples, int64_t step) {
  samples_.insert(samples_.end(), samples.begin(), samples.end());
  return failure_.empty() && !guard_.leaves_out(step);
}

bool GuardedSteps::take(const TrainPosition& position, double lr) {
  if (guard_.leaves_out(position.step)) {
    guard_.left_out();
    return false;
  }
  if (failure_.empty()) {
    const double norm =
        clip_grad_ > 0 ? optimizer_.clip_grad_norm(clip_grad_) : optimizer_.grad_norm();
    if (!std::isfinite(norm)) failure_ = describe_bad_gradient(model_);
  }
  if (failure_.empty()) {
    optimizer_.step(lr);
    guard_.succeeded();
  } else {
    failed(position);
  }
  optimizer_.zero_grad();
  return failure_.empty();
}

void GuardedSteps::failed(const TrainPosition& position) {
  const FailedStep step{failure_, position.step, position.epoch, position.batch - 1,
                        names_of(train_, samples_)};
  if (!guard_.is_failing()) first_ = step;
  const StepGuard::Verdict verdict = guard_.failed(position.step);
  if (verdict == StepGuard::Verdict::kStop) throw_step_error(first_, "", run_.path());
  if (run_.is_writer()) log_warning("left out: " + step_text(step));
  goes_back_ = verdict == StepGuard::Verdict::kRollBack;
}

void GuardedSteps::go_back(const std::function<void(const RunDirectory::Resumed&)>& restore) {
  goes_back_ = false;
  const int64_t first = guard_.roll_back_to(), last = guard_.last_failed();
  const std::optional<RunDirectory::Resumed> earlier = run_.roll_back(first);
  if (!earlier) throw_step_error(first_, "there is no save to go back to: ", run_.path());
  if (run_.is_writer())
    log_warning("going back to step " + std::to_string(earlier->position.step) + "; steps " +
                std::to_string(first + 1) + " to " + std::to_string(last + 1) +
                " will be left out this time");
  restore(*earlier);
  guard_.leave_out(first, last);
}

}  // namespace mae
