// One fused operation over all parameters; a frozen one, equal in both, keeps its bits.
#include "mae/train/weight_average.h"

#include <ATen/ops/_foreach_lerp.h>
#include <c10/core/GradMode.h>

namespace mae {

void update_average(const Module& average, const Module& weights,
                    double decay) {
  const c10::NoGradGuard no_grad;
  at::_foreach_lerp_(average.parameters(), weights.parameters(), 1 - decay);
}

}  // namespace mae
