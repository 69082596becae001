// Feature sets with known structure.
#pragma once

#include <ATen/ops/empty.h>

#include <cmath>
#include <string>

#include "mae/base/random_stream.h"
#include "mae/eval/feature_set.h"

namespace mae::test {

/// `classes` Gaussian clouds in D dimensions, centres `distance` deviations from the origin;
/// dimension d is scaled by 10^(d % 5 - 2) and shifted, as features are. `seed` draws the samples,
/// the centres are always the same.
inline FeatureSet gaussian_clouds(int64_t samples, int64_t D, int64_t classes, double distance,
                                  uint64_t seed) {
  FeatureSet set;
  set.features = at::empty({samples, D}, at::kFloat);
  set.labels = at::empty({samples}, at::kLong);
  float* value = set.features.data_ptr<float>();
  RandomStream random(seed, "clouds");
  for (int64_t n = 0; n < samples; ++n) {
    const int64_t label = n % classes;
    set.labels.data_ptr<int64_t>()[n] = label;
    set.names.push_back("sample-" + std::to_string(seed) + "-" + std::to_string(n));
    RandomStream centre(99, "centres", static_cast<uint32_t>(label));
    double scale = 0.01;
    for (int64_t d = 0; d < D; ++d) {
      const double x =
          distance * centre.normal() / std::sqrt(static_cast<double>(D)) + random.normal();
      *value++ = static_cast<float>(scale * (x + 0.5));
      scale = d % 5 == 4 ? 0.01 : scale * 10;
    }
  }
  return set;
}

}  // namespace mae::test
