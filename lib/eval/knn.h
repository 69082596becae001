// Weighted k-NN on unit-length features by cosine similarity, votes exp(similarity / temperature) (spec 4, DINO's protocol).
#pragma once

#include "mae/eval/linear_probe.h"

namespace mae {

struct KnnOptions {
  std::vector<int64_t> k{20};
  double temperature = 0.07;
};

/// One result for each k, in order. `logits` are the summed votes. Memory stays bounded: test rows go in blocks.
std::vector<Predictions> knn(const FeatureSet& train, const FeatureSet& test, int64_t classes, const KnnOptions& options);

}  // namespace mae
