// AdamW (arXiv 1711.05101) twice: ATen's fused kernel, and plain operations in PyTorch's order as
// its oracle.
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "mae/base/error.h"
#include "mae/train/optimizer.h"
#include "mae/train/optimizer_state.h"

namespace mae {
namespace {

class AdamW : public Optimizer {
 public:
  AdamW(std::vector<ParamGroup> groups, const AdamWOptions& options)
      : Optimizer(std::move(groups)),
        options_(options),
        exp_avg_(zero_buffers(groups_)),
        exp_avg_sq_(zero_buffers(groups_)) {}

  void step(double lr, const Tensor& leave_out) override {
    const c10::NoGradGuard no_grad;
    ++step_;
    if (!options_.fused && leave_out.defined() && leave_out.item<double>() != 0) return;
    size_t first = 0;
    for (ParamGroup& group : groups_) {
      options_.fused ? step_fused(group, first, lr * group.lr_scale, leave_out)
                     : step_plain(group, first, lr * group.lr_scale);
      first += group.params.size();
    }
  }

  void was_left_out() override { --step_; }

  StateDict state() const override {
    StateDict state;
    add_buffers(state, "exp_avg", groups_, exp_avg_);
    add_buffers(state, "exp_avg_sq", groups_, exp_avg_sq_);
    state["step"] = at::full({}, step_, at::kLong);
    return state;
  }

  void load_state(const StateDict& state, const std::string& where) override {
    copy_buffers(state, "exp_avg", groups_, exp_avg_, where);
    copy_buffers(state, "exp_avg_sq", groups_, exp_avg_sq_, where);
    const auto step = state.find("step");
    if (step == state.end() || step->second.numel() != 1)
      throw DataError("the optimizer's step is missing", where, "start a new run");
    step_ = step->second.item<int64_t>();
  }

 private:
  void step_fused(ParamGroup& group, size_t first, double lr, const Tensor& leave_out);
  void step_plain(ParamGroup& group, size_t first, double lr);

  AdamWOptions options_;
  std::vector<Tensor> exp_avg_, exp_avg_sq_;  // one a parameter, in the order of the groups
  int64_t step_ = 0;
};

void AdamW::step_fused(ParamGroup& group, size_t first, double lr, const Tensor& leave_out) {
  std::vector<Tensor> params, grads, exp_avgs, exp_avg_sqs, steps;
  Tensor step;
  for (size_t i = 0; i < group.params.size(); ++i) {
    const Tensor& param = group.params[i];
    if (!param.grad().defined()) continue;
    if (!step.defined())
      step = at::full({}, static_cast<double>(step_), param.options().dtype(at::kFloat));
    params.push_back(param);
    grads.push_back(param.grad());
    exp_avgs.push_back(exp_avg_[first + i]);
    exp_avg_sqs.push_back(exp_avg_sq_[first + i]);
    steps.push_back(step);
  }
  if (params.empty()) return;
  at::_fused_adamw_(params, grads, exp_avgs, exp_avg_sqs, /*max_exp_avg_sqs=*/{}, steps, lr,
                    options_.beta1, options_.beta2, group.weight_decay, options_.eps,
                    /*amsgrad=*/false, /*maximize=*/false, /*grad_scale=*/{},
                    leave_out.defined() ? std::optional<Tensor>(leave_out) : std::nullopt);
}

void AdamW::step_plain(ParamGroup& group, size_t first, double lr) {
  const double correction1 = 1.0 - std::pow(options_.beta1, static_cast<double>(step_));
  const double correction2 = 1.0 - std::pow(options_.beta2, static_cast<double>(step_));
  for (size_t i = 0; i < group.params.size(); ++i) {
    Tensor& param = group.params[i];
    const Tensor& grad = param.grad();
    if (!grad.defined()) continue;
    Tensor &exp_avg = exp_avg_[first + i], &exp_avg_sq = exp_avg_sq_[first + i];
    param.mul_(1.0 - lr * group.weight_decay);
    exp_avg.lerp_(grad, 1.0 - options_.beta1);
    exp_avg_sq.mul_(options_.beta2).addcmul_(grad, grad, 1.0 - options_.beta2);
    const Tensor denominator = exp_avg_sq.sqrt().div_(std::sqrt(correction2)).add_(options_.eps);
    param.addcdiv_(exp_avg, denominator, -lr / correction1);
  }
}

}  // namespace

std::unique_ptr<Optimizer> make_adamw(std::vector<ParamGroup> groups, const AdamWOptions& options) {
  return std::make_unique<AdamW>(std::move(groups), options);
}

}  // namespace mae
