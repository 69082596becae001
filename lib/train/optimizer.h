// AdamW (Loshchilov and Hutter) and LARS (You et al., as MAE's linear probe uses it) over parameter
// groups, with state by parameter name.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/state_dict.h"
#include "mae/train/param_groups.h"

namespace mae {

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// One step at rate `lr` times each group's lr_scale, from the gradients in the parameters.
  /// leave_out  scalar float32 on the parameters' device, or undefined: where it is 1, nothing
  ///            changes. The caller, who need not know yet, must call was_left_out() then.
  virtual void step(double lr, const Tensor& leave_out = {}) = 0;
  /// The last step() changed nothing, so that it does not count.
  virtual void was_left_out() {}
  void zero_grad();
  /// Euclidean norm of all gradients, a scalar on their device that nobody has waited for; not
  /// finite when one gradient is not.
  Tensor grad_norm() const;
  /// Scales gradients so that their norm is at most max_norm; returns the norm before. Gradients
  /// without a finite norm stay as they are.
  Tensor clip_grad_norm(double max_norm);
  virtual StateDict state() const = 0;  ///< "exp_avg.blocks.0.norm1.weight", "step"
  virtual void load_state(const StateDict& state, const std::string& where) = 0;
  const std::vector<ParamGroup>& groups() const { return groups_; }

 protected:
  explicit Optimizer(std::vector<ParamGroup> groups) : groups_(std::move(groups)) {}
  std::vector<ParamGroup> groups_;
};

/// What it trains, in the order of its groups.
std::vector<Tensor> parameters_of(const Optimizer& optimizer);

struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.95;  ///< MAE pretraining; fine-tuning uses 0.999
  double eps = 1e-8;
  bool fused = true;  ///< at::_fused_adamw_; false: the plain twin, its oracle
};
std::unique_ptr<Optimizer> make_adamw(std::vector<ParamGroup> groups, const AdamWOptions& options);

struct LarsOptions {
  double momentum = 0.9;
  double trust_coefficient = 0.001;
};
std::unique_ptr<Optimizer> make_lars(std::vector<ParamGroup> groups, const LarsOptions& options);

}  // namespace mae
