#include "mae/train/guarded_steps.h"

#include <ATen/ops/isfinite.h>

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
  grad_norm_.reset();
}

bool GuardedSteps::add(const std::vector<int64_t>& samples, int64_t step) {
  samples_.insert(samples_.end(), samples.begin(), samples.end());
  is_left_out_ = guard_.leaves_out(step);
  return failure_.empty() && !is_left_out_;
}

void GuardedSteps::ask(const Tensor& loss, double lr) {
  if (!failure_.empty() || is_left_out_) return;
  grad_norm_ = clip_grad_ > 0 ? optimizer_.clip_grad_norm(clip_grad_) : optimizer_.grad_norm();
  const Tensor is_good = at::isfinite(loss.detach()).logical_and(at::isfinite(grad_norm_));
  optimizer_.step(lr, is_good.logical_not().to(at::kFloat));
}

bool GuardedSteps::take(const TrainPosition& position) {
  if (is_left_out_) {
    guard_.left_out();
    return false;
  }
  if (failure_.empty() && !std::isfinite(grad_norm_.item<double>()))
    failure_ = describe_bad_gradient(model_);
  if (failure_.empty()) {
    guard_.succeeded();
  } else {
    if (grad_norm_.defined()) optimizer_.was_left_out();
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
