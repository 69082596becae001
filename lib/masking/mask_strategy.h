// Masks drawn for single samples from their own random stream: the strategies of MAE's ablation
// (Table 1f). Torch-free vectors, 1 = hidden, so that mae-mask and the training loop share them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mae/base/random_stream.h"
#include "mae/base/size2d.h"
#include "mae/masking/patch_selection.h"

namespace mae {

enum class MaskStrategy { kRandom, kBlock, kGrid };

struct MaskingOptions {
  MaskStrategy strategy = MaskStrategy::kRandom;
  double mask_ratio = 0.75;  ///< share of hidden patches; the kept count is floored (visible_count)
};

/// "random", "block", "grid"; throws UsageError listing the choices.
MaskStrategy parse_mask_strategy(const std::string& name);
std::string mask_strategy_name(MaskStrategy strategy);

/// The noise of random masking: `patches` numbers in [0, 1) from the stream (seed, "mask", epoch,
/// sample).
std::vector<float> mask_noise(int64_t patches, RandomStream& random);

/// One sample's mask. Block: BEiT's rectangles, topped up or thinned with random patches to the
/// exact count. Grid: one fixed cell of every 2 x 2 stays visible; needs mask_ratio 0.75 and even
/// sides, else UsageError.
std::vector<uint8_t> draw_mask(const MaskingOptions& options, Size2d grid, RandomStream& random);

/// Selections for a batch: sample b uses the stream (seed, "mask", epoch, sample_ids[b]). Equal to
/// draw_mask row by row; with the random strategy visible tokens come in the order of their noise.
PatchSelection draw_selection(const MaskingOptions& options, Size2d grid, uint64_t seed,
                              uint32_t epoch, const std::vector<uint64_t>& sample_ids);

}  // namespace mae
