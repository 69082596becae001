// ids_restore turned round, without sorting.
#include "mae/masking/hidden_ids.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>

namespace mae {

Tensor hidden_ids(const PatchSelection& selection) {
  const Tensor& places = selection.ids_restore;  // [B, L]
  const Tensor patches = at::arange(places.size(1), places.options()).expand_as(places);
  return at::empty_like(places)
      .scatter_(/*dim=*/1, places, patches)
      .slice(/*dim=*/1, selection.ids_keep.size(1));
}

}  // namespace mae
