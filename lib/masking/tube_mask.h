// Tube masking of videos (VideoMAE, section 3.3): what is hidden in a frame is hidden at all times,
// since the next frame would give it away.
#pragma once

#include <cstdint>
#include <vector>

namespace mae {

/// int(mask_ratio * patches): the count of hidden patches is floored, where MAE floors that of
/// visible ones (spec 7.3). throws UsageError  ratio outside [0, 1)
int64_t tube_hidden_count(int64_t frame_patches, double mask_ratio);

/// noise    one number a patch of a frame; the largest are hidden
/// slots    temporal positions, frames / tubelet_size
/// returns  [slots * patches], 1 = hidden, time slowest
std::vector<uint8_t> tube_mask(const std::vector<float>& noise, int64_t slots, double mask_ratio);

}  // namespace mae
