// The log and the curves of a run, which go on after a stop as if there had been none. Private to
// train.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "mae/report/run_log.h"
#include "mae/report/tensorboard_writer.h"
#include "mae/train/run_directory.h"

namespace mae {

class RunCurves {
 public:
  explicit RunCurves(int64_t batches_per_epoch) : batches_per_epoch_(batches_per_epoch) {}

  /// Opens log.jsonl and an event file; with `resumed`, lines and points past `position` are
  /// dropped, since they will be written again. In a process that does not write into the run,
  /// everything added is dropped.
  void open(const RunDirectory& run, const TrainPosition& position, bool resumed);
  /// Points of the step whose last micro-batch was `batch`.
  void add_step(const TrainPosition& position, int64_t batch, double loss, double lr);
  /// The line of an epoch, and points at its end; those that are not finite are left out.
  void add_epoch(const TrainPosition& position, const nlohmann::ordered_json& line,
                 const std::vector<std::pair<std::string, double>>& points);

 private:
  int64_t x_of(const TrainPosition& position, int64_t batch) const;

  int64_t batches_per_epoch_;
  std::unique_ptr<RunLog> log_;
  std::unique_ptr<TensorboardWriter> curves_;
};

}  // namespace mae
