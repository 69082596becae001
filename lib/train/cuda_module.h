// Where the parts of the toolkit that are linked with LibTorch's CUDA half come from: modules
// beside the programs, loaded only when they are needed, so that one build runs with and without a
// GPU. Private to train.
#pragma once

#include <cstdint>

namespace c10d {
class Backend;
class Store;
}  // namespace c10d

namespace mae {

class WorkGraph;

/// Makes c10d's NCCL backend, whose reference the caller takes over. A C function, since it is
/// looked up by name.
using MakeNcclBackend = c10d::Backend* (*)(c10d::Store* store, int rank, int size,
                                           std::int64_t timeout_ms);
/// throws ResourceError  this build has no such module, or what it needs is missing
MakeNcclBackend load_nccl_module();

/// Makes a CUDA graph of the device with this index, which the caller takes over.
using MakeWorkGraph = WorkGraph* (*)(int device);
/// throws ResourceError  as load_nccl_module()
MakeWorkGraph load_graph_module();

}  // namespace mae
