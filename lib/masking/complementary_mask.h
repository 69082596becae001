// FastConvMAE's masks: several a picture, of which each patch is visible in exactly one.
#pragma once

#include "mae/masking/patch_selection.h"

namespace mae {

/// As visible_count. throws UsageError when that many do not divide the patches, too.
int64_t complementary_visible_count(int64_t patches, double mask_ratio);

/// One shuffle cut into equal runs; copy k shows run k.
///
/// noise    [B, L] real; the smallest values are visible in the first copy, as in random_masking
/// returns  a selection of K * B rows, copy-major (all pictures' first masks, then all second
/// ones):
///          ids_keep [K * B, L_vis], ids_restore [K * B, L], mask [K * B, L], K = L / L_vis
/// throws   UsageError as complementary_visible_count
/// paper    "complementary masking", github.com/Alpha-VL/FastConvMAE; spec 5
PatchSelection complementary_masking(const Tensor& noise, double mask_ratio);

}  // namespace mae
