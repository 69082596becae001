// Block-wise masking in the manner of BEiT (arXiv 2106.08254, algorithm 1), with MAE's exact count.
#pragma once

#include <cstdint>
#include <vector>

#include "mae/base/random_stream.h"
#include "mae/base/size2d.h"

namespace mae {

/// grid      patches high and wide
/// hidden    exact number of hidden patches, less than grid.area()
/// returns   [L], 1 = hidden: rectangles of at least 16 patches and aspect 0.3 to 1/0.3 until the
/// count is near, then single
///           random patches are added, since MAE needs equally many in every sample
std::vector<uint8_t> block_mask(Size2d grid, int64_t hidden, RandomStream& random);

}  // namespace mae
