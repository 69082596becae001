// The event stands behind the last copy on the stream that computes.
#include "mae/train/host_copy.h"

#include <ATen/ops/empty.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace mae {

Tensor HostCopy::fetch(const Tensor& tensor) {
  if (!tensor.defined() || tensor.device().is_cpu()) return tensor;
  const Tensor host =
      at::empty(tensor.sizes(), tensor.options().device(c10::kCPU).pinned_memory(true));
  host.copy_(tensor, /*non_blocking=*/true);
  if (!fetched_) fetched_.emplace(tensor.device().type());
  fetched_->record(c10::impl::VirtualGuardImpl(tensor.device().type()).getStream(tensor.device()));
  return host;
}

void HostCopy::wait() const {
  if (fetched_) fetched_->synchronize();
}

}  // namespace mae
