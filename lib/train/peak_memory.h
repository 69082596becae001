// How much memory a process has needed at most.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace mae {

/// On the CPU all of the process's memory, by the system's count; on CUDA what LibTorch had given
/// out on the device.
int64_t peak_memory_bytes(c10::Device device);

}  // namespace mae
