// Where the part of the toolkit that needs NCCL comes from: a module beside the programs, loaded
// only when several processes train on CUDA, so that one build runs with and without it.
#pragma once

#include <cstdint>

namespace c10d {
class Backend;
class Store;
}  // namespace c10d

namespace mae {

/// Makes c10d's NCCL backend, whose reference the caller takes over. A C function, since it is
/// looked up by name.
using MakeNcclBackend = c10d::Backend* (*)(c10d::Store* store, int rank, int size,
                                           std::int64_t timeout_ms);

/// throws ResourceError  this build has no such module, or what it needs is missing
MakeNcclBackend load_nccl_module();

}  // namespace mae
