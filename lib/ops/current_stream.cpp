#include "mae/ops/current_stream.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace mae {

void* current_stream(c10::Device device) {
  const c10::impl::VirtualGuardImpl streams(device.type());
  return streams.getStreamNativeHandle(streams.getStream(device));
}

}  // namespace mae
