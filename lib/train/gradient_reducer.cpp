// The plain way to sum gradients: all of them as one vector, when the backward pass is over.
#include <ATen/ops/cat.h>

#include <map>

#include "mae/train/process_group.h"

namespace mae {
namespace {

class PlainReducer : public GradientReducer {
 public:
  PlainReducer(ProcessGroup& group, std::vector<Tensor> params)
      : group_(group), params_(std::move(params)) {}

  void backward(const Tensor& loss, bool last) override {
    loss.backward();
    if (!last || group_.is_alone()) return;
    std::map<at::ScalarType, std::vector<Tensor>> gradients;
    for (const Tensor& param : params_)
      if (param.grad().defined()) gradients[param.scalar_type()].push_back(param.grad());
    for (auto& [type, members] : gradients) sum_all(members);
  }

 private:
  void sum_all(std::vector<Tensor>& gradients) {
    std::vector<Tensor> parts;
    for (const Tensor& gradient : gradients) parts.push_back(gradient.reshape({-1}));
    Tensor all = at::cat(parts);
    group_.sum(all);
    int64_t first = 0;
    for (Tensor& gradient : gradients) {
      gradient.copy_(all.narrow(/*dim=*/0, first, gradient.numel()).view_as(gradient));
      first += gradient.numel();
    }
  }

  ProcessGroup& group_;
  std::vector<Tensor> params_;
};

}  // namespace

std::unique_ptr<GradientReducer> make_gradient_reducer(ProcessGroup& group,
                                                       std::vector<Tensor> params, bool overlap) {
  if (overlap && !group.is_alone()) return group.make_overlapped_reducer(std::move(params));
  return std::make_unique<PlainReducer>(group, std::move(params));
}

}  // namespace mae
