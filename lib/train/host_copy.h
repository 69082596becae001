// Results on their way back from a device: into pinned memory, while it computes on.
#pragma once

#include <c10/core/Event.h>

#include <optional>

#include "mae/ops/tensor.h"

namespace mae {

class HostCopy {
 public:
  /// The same values on the CPU, readable after wait(). Those of the CPU are given back as they
  /// are.
  Tensor fetch(const Tensor& tensor);
  /// For all that was fetched.
  void wait() const;

 private:
  std::optional<c10::Event> fetched_;
};

}  // namespace mae
