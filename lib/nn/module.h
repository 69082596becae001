// A tree of named parameters, buffers and parts, which is all the toolkit uses of
// torch::nn::Module. That one's header costs 9 s of every file that sees it; this one costs none.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mae/ops/tensor.h"

namespace mae {

template <typename T>
class NamedItem {
 public:
  NamedItem(std::string key, T value) : key_(std::move(key)), value_(std::move(value)) {}
  const std::string& key() const { return key_; }
  const T& value() const { return value_; }
  T& value() { return value_; }

 private:
  std::string key_;
  T value_;
};

/// In the order of registration, parts after what stands beside them.
class NamedTensors : public std::vector<NamedItem<Tensor>> {
 public:
  /// Null when there is none of this name.
  const Tensor* find(const std::string& name) const;
  /// throws UsageError naming it when there is none
  Tensor operator[](const std::string& name) const;
};

class Module {
 public:
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  virtual ~Module() = default;

  /// Names as in checkpoints, parts joined by dots: "blocks.0.attn.qkv.weight". Tensors share their
  /// storage with the module's.
  NamedTensors named_parameters(bool recurse = true) const;
  NamedTensors named_buffers(bool recurse = true) const;
  std::vector<Tensor> parameters() const;
  const std::vector<NamedItem<std::shared_ptr<Module>>>& named_children() const {
    return children_;
  }

  /// Moves and converts all parameters and buffers in place.
  void to(c10::Device device);
  void to(at::ScalarType dtype);
  void to(c10::Device device, at::ScalarType dtype);
  /// Training or evaluation mode, of all parts too.
  void train(bool on = true);
  void eval() { train(false); }
  bool is_training() const { return is_training_; }

  /// Each name once, without dots. The tensor comes back, to be kept as a member.
  Tensor register_parameter(const std::string& name, const Tensor& tensor,
                            bool requires_grad = true);
  Tensor register_buffer(const std::string& name, const Tensor& tensor);
  template <typename T>
  std::shared_ptr<T> register_module(const std::string& name, std::shared_ptr<T> part) {
    check_name(name);
    children_.emplace_back(name, part);
    return part;
  }

 private:
  void check_name(const std::string& name) const;
  template <typename Convert>
  void for_each_tensor(const Convert& convert);

  NamedTensors parameters_, buffers_;
  std::vector<NamedItem<std::shared_ptr<Module>>> children_;
  bool is_training_ = true;
};

/// Parts that have no more in common than their place: "NAME.0", "NAME.1", ...
class ModuleList : public Module {};

}  // namespace mae
