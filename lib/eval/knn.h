// Weighted k-NN on unit-length features by cosine similarity (spec 4, DINO's protocol).
#pragma once

#include "mae/eval/linear_probe.h"

namespace mae {

struct KnnOptions {
  std::vector<int64_t> k{20};
  double temperature = 0.07;
};

/// One result for each k, in order. A neighbour of similarity s votes exp((s - s_1) / temperature)
/// for its class, s_1 being the nearest one's similarity: the decision is that of
/// exp(s / temperature), which overflows at low temperatures. `logits` are the summed votes
/// [N, classes]. Of equally similar samples the earlier ones are neighbours. Test rows go in
/// blocks, so that at most about 64 MiB of similarities are held.
/// throws UsageError  k outside 1 .. training samples, a temperature that is not positive
///        Interrupted
std::vector<Predictions> knn(const FeatureSet& train, const FeatureSet& test, int64_t classes,
                             const KnnOptions& options);

}  // namespace mae
