// Walks go through what stands beside each other first, then into the parts, as checkpoints list
// them.
#include "mae/nn/module.h"

#include "mae/base/error.h"

namespace mae {
namespace {

/// What `own` gives of the module and, when `recurse`, of its parts under their names.
template <typename Own>
void collect(const Module& module, bool recurse, const std::string& prefix, const Own& own,
             NamedTensors* found) {
  for (const auto& item : own(module)) found->emplace_back(prefix + item.key(), item.value());
  if (!recurse) return;
  for (const auto& part : module.named_children())
    collect(*part.value(), recurse, prefix + part.key() + ".", own, found);
}

}  // namespace

const Tensor* NamedTensors::find(const std::string& name) const {
  for (const NamedItem<Tensor>& item : *this) {
    if (item.key() == name) return &item.value();
  }
  return nullptr;
}

Tensor NamedTensors::operator[](const std::string& name) const {
  if (const Tensor* tensor = find(name)) return *tensor;
  throw UsageError("the model has no tensor " + name);
}

NamedTensors Module::named_parameters(bool recurse) const {
  NamedTensors found;
  collect(
      *this, recurse, "", [](const Module& m) -> const auto& { return m.parameters_; }, &found);
  return found;
}

NamedTensors Module::named_buffers(bool recurse) const {
  NamedTensors found;
  collect(
      *this, recurse, "", [](const Module& m) -> const auto& { return m.buffers_; }, &found);
  return found;
}

std::vector<Tensor> Module::parameters() const {
  std::vector<Tensor> found;
  for (const auto& item : named_parameters()) found.push_back(item.value());
  return found;
}

// set_data changes the tensors themselves, so that members and optimizers keep pointing at them.
template <typename Convert>
void Module::for_each_tensor(const Convert& convert) {
  for (NamedTensors* tensors : {&parameters_, &buffers_}) {
    for (auto& item : *tensors) {
      Tensor& tensor = item.value();
      tensor.set_data(convert(tensor.detach()));
    }
  }
  for (auto& part : children_) part.value()->for_each_tensor(convert);
}

void Module::to(c10::Device device) {
  for_each_tensor([&](const Tensor& tensor) { return tensor.to(device); });
}

void Module::to(at::ScalarType dtype) {
  for_each_tensor([&](const Tensor& tensor) { return tensor.to(dtype); });
}

void Module::to(c10::Device device, at::ScalarType dtype) {
  for_each_tensor([&](const Tensor& tensor) { return tensor.to(device, dtype); });
}

void Module::train(bool on) {
  is_training_ = on;
  for (auto& part : children_) part.value()->train(on);
}

Tensor Module::register_parameter(const std::string& name, const Tensor& tensor,
                                  bool requires_grad) {
  check_name(name);
  tensor.set_requires_grad(requires_grad);
  parameters_.emplace_back(name, tensor);
  return tensor;
}

Tensor Module::register_buffer(const std::string& name, const Tensor& tensor) {
  check_name(name);
  buffers_.emplace_back(name, tensor);
  return tensor;
}

void Module::check_name(const std::string& name) const {
  const auto is_taken = [&](const auto& items) {
    for (const auto& item : items) {
      if (item.key() == name) return true;
    }
    return false;
  };
  if (name.empty() || name.find('.') != std::string::npos || is_taken(parameters_) ||
      is_taken(buffers_) || is_taken(children_)) {
    throw UsageError("a part of a model cannot be called '" + name + "'");
  }
}

}  // namespace mae
