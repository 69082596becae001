// Work of a device that is recorded once and then started as a whole: a CUDA graph. Private to
// train.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace mae {

class WorkGraph {
 public:
  virtual ~WorkGraph() = default;
  /// Records what `work` asks of the device, which is not done now. The memory it works on stays
  /// where it is as long as the graph lives, and so must what it reads.
  /// throws what `work` throws, and c10::Error  it cannot be recorded
  virtual void record(const std::function<void()>& work) = 0;
  /// Does what was recorded, on the current stream; nobody waits.
  virtual void replay() = 0;
};

/// throws ResourceError  this build has no CUDA graphs
std::unique_ptr<WorkGraph> make_work_graph(c10::Device device);

}  // namespace mae
