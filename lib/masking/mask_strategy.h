// Masks drawn for single samples from their own random stream: the strategies of MAE's ablation
// (Table 1f) and those of its successors. Torch-free vectors, 1 = hidden, so that mae-mask and the
// training loop share them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mae/base/random_stream.h"
#include "mae/base/size2d.h"
#include "mae/masking/mask_grid.h"
#include "mae/masking/patch_selection.h"

namespace mae {

enum class MaskStrategy {
  kRandom,
  kBlock,
  kGrid,
  kUniform,
  kMixed,
  kComplementary,
  kTube,
  kShared
};

struct MaskingOptions {
  MaskStrategy strategy = MaskStrategy::kRandom;
  double mask_ratio = 0.75;   ///< share of hidden patches; the kept count is floored
                              ///< (visible_count), with kMixed and kTube the hidden one
                              ///< (mixed_hidden_count, tube_hidden_count)
  double vis_mask_ratio = 0;  ///< share of the visible patches shown as a token (secondary_mask)
};

/// "random", "block", "grid", "uniform", "mixed", "complementary", "tube", "shared"; throws
/// UsageError listing the choices.
MaskStrategy parse_mask_strategy(const std::string& name);
std::string mask_strategy_name(MaskStrategy strategy);
/// Whether all samples of a batch hide what its first one does: mixed and shared.
bool is_shared(MaskStrategy strategy);

/// How many of a sample's patches or tubelets stay visible. throws UsageError for a ratio out of
/// range, or one that the strategy cannot have, and for clips unless it is random or tube.
int64_t visible_count(const MaskingOptions& options, const MaskGrid& grid);
int64_t visible_count(const MaskingOptions& options, int64_t patches);  ///< of a picture

/// The noise of random masking: `patches` numbers in [0, 1) from the stream (seed, "mask", epoch,
/// sample).
std::vector<float> mask_noise(int64_t patches, RandomStream& random);

/// One sample's mask. Block: BEiT's rectangles, topped up or thinned with random patches to the
/// exact count. Grid: one fixed cell of every 2 x 2 stays visible; needs mask_ratio 0.75 and even
/// sides, else UsageError. Uniform (uniform_mask.h): the same needs. Mixed (mixed_mask.h): as
/// random, with the hidden count floored. Complementary: the first of its masks, which is random's.
/// Shared: random's. Tube (tube_mask.h): one random mask for all time slots.
std::vector<uint8_t> draw_mask(const MaskingOptions& options, const MaskGrid& grid,
                               RandomStream& random);

/// Selections for a batch: sample b uses the stream (seed, "mask", epoch, sample_ids[b]). Equal to
/// draw_mask row by row; with the random strategy visible tokens come in the order of their noise,
/// with the mixed and the shared one all samples share the first one's mask, with the complementary
/// one there are several masks a sample (complementary_mask.h). A secondary mask is drawn from the
/// streams (seed, "vis-mask", epoch, id).
PatchSelection draw_selection(const MaskingOptions& options, const MaskGrid& grid, uint64_t seed,
                              uint32_t epoch, const std::vector<uint64_t>& sample_ids);

/// The same, visible tokens in raster order with every strategy, from streams of another purpose
/// than "mask": masks that no training epoch draws, for validation.
PatchSelection draw_raster_selection(const MaskingOptions& options, const MaskGrid& grid,
                                     uint64_t seed, const std::string& purpose,
                                     const std::vector<uint64_t>& sample_ids);

/// The ids that draw, for a part of a batch, the masks that the whole batch's would draw. `first`
/// is the whole batch's first id.
std::vector<uint64_t> ids_of_masks(const MaskingOptions& options,
                                   const std::vector<uint64_t>& sample_ids, uint64_t first);

}  // namespace mae
