// The module that load_nccl_module() looks for: c10d's NCCL backend. Built where the CUDA toolkit,
// NCCL and the CUDA half of LibTorch are, and alone linked with the latter.
#include <stdlib.h>

#include <chrono>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

extern "C" c10d::Backend* mae_make_nccl_backend(c10d::Store* store, int rank, int size,
                                                std::int64_t timeout_ms) {
  // A call that takes too long is to throw where it waits, so that the run ends with a message;
  // by default a watchdog would end the process.
  setenv("TORCH_NCCL_BLOCKING_WAIT", "1", /*overwrite=*/0);
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = std::chrono::milliseconds(timeout_ms);
  auto backend = c10::make_intrusive<c10d::ProcessGroupNCCL>(
      c10::intrusive_ptr<c10d::Store>::reclaim_copy(store), rank, size, options);
  return c10::intrusive_ptr<c10d::Backend>(std::move(backend)).release();
}
