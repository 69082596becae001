#include "mae/train/work_graph.h"

#include "mae/train/cuda_module.h"

namespace mae {

std::unique_ptr<WorkGraph> make_work_graph(c10::Device device) {
  return std::unique_ptr<WorkGraph>(load_graph_module()(device.index()));
}

}  // namespace mae
