// The module that make_work_graph() looks for. Built where the CUDA toolkit and the CUDA half of
// LibTorch are, and alone linked with the latter.
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "mae/train/work_graph.h"

namespace mae {
namespace {

class CudaWorkGraph : public WorkGraph {
 public:
  explicit CudaWorkGraph(c10::DeviceIndex device) : device_(device) {}

  void record(const std::function<void()>& work) override {
    const c10::cuda::CUDAGuard on_device(device_);
    // A capture begins with nothing under way, and on a stream that is not the default one.
    c10::cuda::getCurrentCUDAStream(device_).synchronize();
    const c10::cuda::CUDAStreamGuard on_stream(c10::cuda::getStreamFromPool(false, device_));
    graph_.capture_begin();
    try {
      work();
    } catch (...) {
      end_after_failure();
      throw;
    }
    graph_.capture_end();
  }

  void replay() override { graph_.replay(); }

 private:
  /// A capture that failed has its own error, which says less than the first one.
  void end_after_failure() noexcept {
    try {
      graph_.capture_end();
    } catch (...) {
    }
  }

  c10::DeviceIndex device_;
  at::cuda::CUDAGraph graph_;
};

}  // namespace
}  // namespace mae

extern "C" mae::WorkGraph* mae_make_work_graph(int device) {
  return new mae::CudaWorkGraph(static_cast<c10::DeviceIndex>(device));
}
