// The hidden patches of a selection by index, for decoders that predict these only.
#pragma once

#include "mae/masking/patch_selection.h"

namespace mae {

/// [B, L - L_vis] int64: patches whose place in [visible, hidden] is behind the visible ones.
Tensor hidden_ids(const PatchSelection& selection);

}  // namespace mae
