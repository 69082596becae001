// Copies to a device that run beside its work: from pinned memory, on a stream of their own.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/Stream.h>

#include <optional>
#include <vector>

#include "mae/masking/word_mask.h"
#include "mae/ops/tensor.h"

namespace mae {

class CopyStream {
 public:
  /// On the CPU all calls give back what they get.
  explicit CopyStream(c10::Device device);

  /// The same values on the device, whose copy has only begun; undefined stays undefined. Nothing
  /// may read it before join().
  Tensor send(const Tensor& tensor);
  PatchSelection send(const PatchSelection& selection);
  TextInput send(const TextInput& text);
  /// What is asked of the device from here on runs behind the copies begun so far. Nobody waits.
  void join();

 private:
  c10::Device device_;
  std::optional<c10::Stream> stream_;  // none on the CPU
  std::vector<Tensor> sent_;           // since the last join()
};

}  // namespace mae
