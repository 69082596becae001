// Names compared as sets, then shapes, then one copy each.
#include "mae/models/state_dict.h"

#include <ATen/core/grad_mode.h>

#include "mae/base/error.h"
#include "mae/base/text.h"
#include "mae/io/tensor_type.h"

namespace mae {
namespace {

bool has_prefix(const std::string& name, const std::vector<std::string>& prefixes) {
  for (const std::string& prefix : prefixes) {
    if (name.compare(0, prefix.size(), prefix) == 0) return true;
  }
  return false;
}

}  // namespace

StateDict state_dict(const Module& module) {
  StateDict tensors;
  for (const auto& item : module.named_parameters()) tensors[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) tensors[item.key()] = item.value();
  return tensors;
}

void load_state_dict(Module& module, const StateDict& tensors, const std::string& where,
                     const std::vector<std::string>& may_miss,
                     const std::vector<std::string>& may_remain) {
  StateDict own = state_dict(module);
  std::vector<std::string> missing, left_over;
  for (const auto& [name, tensor] : own) {
    if (!tensors.count(name) && !has_prefix(name, may_miss)) missing.push_back(name);
  }
  for (const auto& [name, tensor] : tensors) {
    if (!own.count(name) && !has_prefix(name, may_remain)) left_over.push_back(name);
  }
  if (!missing.empty())
    throw DataError("the model's tensors are missing: " + join_names(missing), where);
  if (!left_over.empty())
    throw DataError("tensors the model does not have: " + join_names(left_over), where);
  at::NoGradGuard no_grad;
  for (auto& [name, target] : own) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) continue;
    if (target.sizes() != found->second.sizes()) {
      throw DataError("tensor has shape " + shape_text(found->second.sizes().vec()) +
                          "; expected " + shape_text(target.sizes().vec()),
                      where + ":" + name);
    }
    target.copy_(found->second);
  }
}

int64_t parameter_count(const Module& module, bool trainable_only) {
  int64_t count = 0;
  for (const Tensor& parameter : module.parameters()) {
    if (parameter.requires_grad() || !trainable_only) count += parameter.numel();
  }
  return count;
}

}  // namespace mae
