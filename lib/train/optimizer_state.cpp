// Buffers by name: a saved state fits whatever the order of the groups is.
#include "mae/train/optimizer_state.h"

#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include "mae/base/error.h"

namespace mae {

void add_buffers(StateDict& state, const std::string& prefix, const std::vector<ParamGroup>& groups,
                 const std::vector<Tensor>& buffers) {
  size_t i = 0;
  for (const ParamGroup& group : groups)
    for (const std::string& name : group.names) state[prefix + "." + name] = buffers[i++];
}

void copy_buffers(const StateDict& state, const std::string& prefix,
                  const std::vector<ParamGroup>& groups, std::vector<Tensor>& buffers,
                  const std::string& where) {
  const c10::NoGradGuard no_grad;
  size_t i = 0;
  for (const ParamGroup& group : groups) {
    for (const std::string& name : group.names) {
      const std::string key = prefix + "." + name;
      const auto found = state.find(key);
      if (found == state.end())
        throw DataError("the optimizer's " + key + " is missing", where,
                        "it was saved by another optimizer or for another model; start a new run");
      Tensor& buffer = buffers[i++];
      if (found->second.sizes() != buffer.sizes())
        throw DataError("the optimizer's " + key + " has another shape than the parameter", where,
                        "it was saved for another model; start a new run");
      buffer.copy_(found->second);
    }
  }
}

std::vector<Tensor> zero_buffers(const std::vector<ParamGroup>& groups) {
  const c10::NoGradGuard no_grad;
  std::vector<Tensor> buffers;
  for (const ParamGroup& group : groups)
    for (const Tensor& param : group.params) buffers.push_back(at::zeros_like(param.detach()));
  return buffers;
}

}  // namespace mae
