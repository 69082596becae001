// ids_restore turned round.
#include "mae/masking/hidden_ids.h"

#include <ATen/ops/argsort.h>

namespace mae {

Tensor hidden_ids(const PatchSelection& selection) {
  return at::argsort(selection.ids_restore, /*stable=*/false, /*dim=*/1, /*descending=*/false)
      .slice(/*dim=*/1, selection.ids_keep.size(1));
}

}  // namespace mae
