// Chooses the linear probe's learning rate on a part of the training set, so that the test set
// stays unseen.
#pragma once

#include <vector>

#include "mae/eval/linear_probe.h"

namespace mae {

struct LrSweepPoint {
  double lr = 0;
  double top1 = 0;  ///< per cent on the held-out samples
  double loss = 0;  ///< mean cross-entropy there
};

struct LrSweep {
  std::vector<LrSweepPoint> points;  ///< in the order of the rates given; a diverged one has top1 0
  double best_lr = 0;                ///< highest top1; of equal ones the lowest loss
  int64_t held_out = 0;              ///< samples
};

/// Trains once per rate on the samples that are not held out. A sample is held out when its own
/// stream (seed, "sweep", 0, id of its name) says so, with probability 0.1.
/// throws UsageError  no or bad rates, too few samples for a split
LrSweep sweep_learning_rates(const FeatureSet& train, int64_t classes,
                             const LinearProbeOptions& options, const std::vector<double>& rates,
                             Progress& progress);

}  // namespace mae
