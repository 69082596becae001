// Which samples of a batch fall to which of several processes.
#pragma once

#include <cstdint>
#include <vector>

namespace mae {

/// One of several processes that divide each batch among them.
struct BatchPart {
  int index = 0, count = 1;
};

/// Positions in a batch of `size` samples that fall to this part: as equally many to each as can
/// be. Position i and its mirror size - 1 - i, whose pictures mixing puts together (mixup and
/// MixMIM), fall to one part, and stay each other's mirror in it, unless there are fewer than two
/// samples for each.
std::vector<int64_t> positions_of_part(int64_t size, BatchPart part);

}  // namespace mae
