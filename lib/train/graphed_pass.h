// A forward and backward pass that is recorded on its way and then replayed, so that starting its
// hundreds of kernels costs the host nothing. Private to train.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "mae/train/masked_pass.h"
#include "mae/train/work_graph.h"

namespace mae {

class GraphedPass {
 public:
  /// Computes a batch: adds to the parameters' gradients and returns the loss, a scalar without a
  /// graph of its own. It may read nothing else that changes from batch to batch.
  using Pass = std::function<Tensor(const PlacedBatch&)>;
  GraphedPass(std::unique_ptr<WorkGraph> graph, std::vector<Tensor> params, Pass pass);

  /// As `pass`: the first batches directly, which lets libraries settle, then from the graph.
  /// Batches of other shapes are always computed directly. The loss lives until the next run().
  Tensor run(const PlacedBatch& batch);

 private:
  void record(const PlacedBatch& batch);
  void bind_gradients();
  void note_gradients();

  std::unique_ptr<WorkGraph> graph_;
  std::vector<Tensor> params_;
  Pass pass_;
  int runs_ = 0;
  bool is_recorded_ = false;
  PlacedBatch input_;              // what the graph reads
  Tensor loss_;                    // what it writes
  std::vector<Tensor> gradients_;  // what it adds to, one a parameter; undefined where it has none
};

}  // namespace mae
