// A node of the graph in place of the block's own ones. Its backward pass runs the block with
// gradients on and then backward through that graph, which fills the parameters' gradients by
// itself.
#include "mae/nn/recompute.h"

#include <ATen/autocast_mode.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>

#include <memory>
#include <utility>

namespace mae {
namespace {

namespace autograd = torch::autograd;

thread_local bool is_on = false;

/// Autocast of a device, as it was during the forward pass.
struct Autocast {
  explicit Autocast(at::DeviceType of)
      : device(of),
        is_enabled(at::autocast::is_autocast_enabled(of)),
        dtype(at::autocast::get_autocast_dtype(of)) {}
  void apply() const {
    at::autocast::set_autocast_enabled(device, is_enabled);
    at::autocast::set_autocast_dtype(device, dtype);
  }

  at::DeviceType device;
  bool is_enabled;
  at::ScalarType dtype;
};

/// Copies of weights in a lower type that are made without gradients must not be kept for those
/// who need them with.
class CacheOff {
 public:
  CacheOff() { at::autocast::set_autocast_cache_enabled(false); }
  ~CacheOff() { at::autocast::set_autocast_cache_enabled(before_); }

 private:
  bool before_ = at::autocast::is_autocast_cache_enabled();
};

class RecomputedBlock : public autograd::Node {
 public:
  RecomputedBlock(std::function<Tensor(const Tensor&)> block, const Tensor& x)
      : block_(std::move(block)), x_(x, /*is_output=*/false), autocast_(x.device().type()) {}

  autograd::variable_list apply(autograd::variable_list&& gradients) override {
    const Tensor x = x_.unpack().detach().requires_grad_(true);
    Tensor y;
    {
      const c10::AutoGradMode gradients_on(true);
      const RecomputeGuard directly(false);
      const Autocast now(autocast_.device);
      const CacheOff cache_off;
      autocast_.apply();
      y = block_(x);
      now.apply();
    }
    autograd::backward({y}, {gradients[0]});
    return {x.grad()};
  }

  void release_variables() override {
    x_.reset_data();
    block_ = nullptr;
  }

 private:
  std::function<Tensor(const Tensor&)> block_;
  autograd::SavedVariable x_;
  Autocast autocast_;
};

}  // namespace

RecomputeGuard::RecomputeGuard(bool on) : before_(is_on) { is_on = on; }
RecomputeGuard::~RecomputeGuard() { is_on = before_; }

Tensor recompute(const std::function<Tensor(const Tensor&)>& block, const Tensor& x) {
  if (!is_on || !c10::GradMode::is_enabled() || !x.requires_grad()) return block(x);
  const std::shared_ptr<RecomputedBlock> node(new RecomputedBlock(block, x), autograd::deleteNode);
  node->set_next_edges(autograd::collect_next_edges(x));
  Tensor y;
  {
    const c10::NoGradGuard no_grad;
    const CacheOff cache_off;
    y = block(x);
  }
  autograd::set_history(y, node);
  return y;
}

}  // namespace mae
