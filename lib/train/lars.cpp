// LARS (arXiv 1708.03888) as MAE's linear probe uses it: layer-wise rates for matrices, plain
// momentum for vectors (spec 4).
#include <ATen/ops/norm.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>
#include <c10/core/GradMode.h>

#include "mae/train/optimizer.h"
#include "mae/train/optimizer_state.h"

namespace mae {
namespace {

class Lars : public Optimizer {
 public:
  Lars(std::vector<ParamGroup> groups, const LarsOptions& options)
      : Optimizer(std::move(groups)), options_(options), mu_(zero_buffers(groups_)) {}

  void step(double lr, const Tensor& leave_out) override {
    const c10::NoGradGuard no_grad;
    if (leave_out.defined() && leave_out.item<double>() != 0) return;
    size_t i = 0;
    for (ParamGroup& group : groups_) {
      for (Tensor& param : group.params) {
        Tensor& mu = mu_[i++];
        if (!param.grad().defined()) continue;
        mu.mul_(options_.momentum).add_(update(param, group.weight_decay));
        param.add_(mu, -lr * group.lr_scale);  // the rate stays outside the momentum
      }
    }
  }

  StateDict state() const override {
    StateDict state;
    add_buffers(state, "mu", groups_, mu_);
    return state;
  }

  void load_state(const StateDict& state, const std::string& where) override {
    copy_buffers(state, "mu", groups_, mu_, where);
  }

 private:
  /// The gradient, for matrices with decay added and scaled to trust_coefficient * |param|.
  Tensor update(const Tensor& param, double weight_decay) const {
    const Tensor& grad = param.grad();
    if (param.dim() <= 1) return grad;
    const Tensor decayed = grad.add(param, weight_decay);
    const Tensor param_norm = at::norm(param), update_norm = at::norm(decayed);
    const Tensor ratio = param_norm.mul(options_.trust_coefficient).div(update_norm);
    const Tensor usable = param_norm.gt(0).logical_and(update_norm.gt(0));
    return decayed.mul(at::where(usable, ratio, at::ones_like(ratio)));
  }

  LarsOptions options_;
  std::vector<Tensor> mu_;  // momentum, one a parameter, in the order of the groups
};

}  // namespace

std::unique_ptr<Optimizer> make_lars(std::vector<ParamGroup> groups, const LarsOptions& options) {
  return std::make_unique<Lars>(std::move(groups), options);
}

}  // namespace mae
