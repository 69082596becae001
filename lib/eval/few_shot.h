// Probes that learn from a few samples of each class: how far features carry where labels are dear.
// Which samples are drawn decides much, so that every number is a mean over repeated draws.
#pragma once

#include <vector>

#include "mae/base/progress.h"
#include "mae/eval/confidence.h"
#include "mae/eval/knn.h"
#include "mae/eval/linear_probe.h"

namespace mae {

struct FewShotOptions {
  std::vector<int64_t> shots;  ///< training samples of each class, such as 1, 5, 10
  int64_t repeats = 10;        ///< draws for each of them
  uint64_t seed = 0;
};

struct FewShotResult {
  int64_t shots = 0;
  double setting = 0;  ///< the k used, or the learning rate
  MeanInterval top1;   ///< per cent of all test samples, over the repeats
  double top5 = 0;     ///< mean, per cent
};

/// Throws UsageError  no or bad numbers, or a class with fewer samples than the largest of them
void check_few_shot(const FeatureSet& train, int64_t classes, const FewShotOptions& options);

/// Draws exactly `shots` samples of each class: those whose own streams (seed, "shots", repeat, id
/// of the name) give the smallest numbers. The draw and its order depend on neither the order nor
/// the sharding of the set, and a draw of more shots holds that of fewer.
/// returns  [classes * shots] int64 rows, class by class
/// throws   UsageError naming the first class with too few samples
Tensor draw_shots(const FeatureSet& train, int64_t classes, int64_t shots, uint64_t seed,
                  uint32_t repeat);

/// A result for each number of shots and each k, in order. A k above the number of drawn samples is
/// cut to it: every drawn sample then votes.
std::vector<FewShotResult> few_shot_knn(const FeatureSet& train, const FeatureSet& test,
                                        int64_t classes, const FewShotOptions& few,
                                        const KnnOptions& options, Progress& progress);

/// A result for each number of shots. The rate is lr, or blr * batch_size / 256 without a cut to
/// the few samples, which would leave the weights about where they began. A feature that is equal
/// in all drawn samples says nothing about their classes and has no weight.
std::vector<FewShotResult> few_shot_linear(const FeatureSet& train, const FeatureSet& test,
                                           int64_t classes, const FewShotOptions& few,
                                           const LinearProbeOptions& options, Progress& progress);

}  // namespace mae
