// The random numbers of stochastic depth for one batch.
#pragma once

#include <cstdint>
#include <vector>

#include "mae/ops/tensor.h"

namespace mae {

/// [depth, 2, B] float32 uniform numbers, as Classifier::forward takes them. Sample b draws from
/// the stream (seed, "drop_path", epoch, ids[b]), so its dropped branches do not depend on the
/// batch it is in.
Tensor draw_drop_path(int64_t depth, uint64_t seed, uint32_t epoch,
                      const std::vector<uint64_t>& ids);

}  // namespace mae
