// LibTorch's device-independent streams, so that nothing here is linked with its CUDA half.
#include "mae/train/copy_stream.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace mae {

CopyStream::CopyStream(c10::Device device) : device_(device) {
  if (device.is_cpu()) return;
  stream_ = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
}

Tensor CopyStream::send(const Tensor& tensor) {
  if (!stream_ || !tensor.defined() || tensor.device() == device_) return tensor;
  // The allocator of pinned memory gives none of it away again before the copy is over.
  const Tensor pinned = tensor.is_pinned() ? tensor : tensor.contiguous().pin_memory();
  const c10::StreamGuard guard(*stream_);
  const Tensor there = pinned.to(pinned.options().device(device_), /*non_blocking=*/true);
  sent_.push_back(there);
  return there;
}

PatchSelection CopyStream::send(const PatchSelection& selection) {
  return {send(selection.ids_keep), send(selection.ids_restore), send(selection.mask),
          send(selection.token_mask)};
}

TextInput CopyStream::send(const TextInput& text) {
  return {send(text.tokens), send(text.padding), send(text.selection)};
}

void CopyStream::join() {
  if (!stream_ || sent_.empty()) return;
  const c10::Stream current = c10::impl::VirtualGuardImpl(device_.type()).getStream(device_);
  c10::Event copied(device_.type());
  copied.record(*stream_);
  copied.block(current);
  // Their memory belongs to the stream of copies, which must not take it back while it is read.
  for (const Tensor& tensor : sent_) tensor.record_stream(current);
  sent_.clear();
}

}  // namespace mae
