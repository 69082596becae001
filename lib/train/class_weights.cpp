// Counts first, then one division a class.
#include "mae/train/class_weights.h"

#include <ATen/ops/ones.h>

#include <algorithm>
#include <vector>

namespace mae {

Tensor balanced_class_weights(const SampleDataset& train, int64_t num_classes) {
  std::vector<int64_t> counts(static_cast<size_t>(num_classes));
  for (int64_t i = 0; i < train.size(); ++i) ++counts[static_cast<size_t>(train.label(i))];
  const auto occurring =
      static_cast<double>(num_classes - std::count(counts.begin(), counts.end(), 0));
  const Tensor weights = at::ones({num_classes}, at::kDouble);
  double* weight = weights.data_ptr<double>();
  for (const int64_t count : counts) {
    if (count > 0) {
      *weight = static_cast<double>(train.size()) / (occurring * static_cast<double>(count));
    }
    ++weight;
  }
  return weights;
}

}  // namespace mae
