// The mask of MixMAE / MixMIM (arXiv 2205.13137, section 3.1): one for a whole batch, whose hidden
// patches are filled from a partner picture.
#pragma once

#include <cstdint>
#include <vector>

namespace mae {

/// int(L * mask_ratio) in float64: here the hidden count is floored, where MAE floors the kept one.
/// throws  UsageError  when mask_ratio is outside [0, 1)
int64_t mixed_hidden_count(int64_t patches, double mask_ratio);

/// noise    [L]; the mixed_hidden_count smallest are hidden
/// returns  [L], 1 = hidden: taken from the partner picture
std::vector<uint8_t> mixed_mask(const std::vector<float>& noise, double mask_ratio);

}  // namespace mae
