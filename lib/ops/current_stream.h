// The queue of a device that LibTorch is using, for kernels of our own: they must come behind what
// they read and before what reads them.
#pragma once

#include <c10/core/Device.h>

namespace mae {

/// As the device's own type, a cudaStream_t; valid while nobody switches streams.
void* current_stream(c10::Device device);

}  // namespace mae
