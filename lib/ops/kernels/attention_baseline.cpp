// attention_arithmetic.h for what every processor has.
#define MAE_VECTOR_BYTES 16
#define MAE_TILE_ROWS 4
#define MAE_TILE_VECTORS 2
#include "mae/ops/kernels/attention_arithmetic.h"
#include "mae/ops/kernels/attention_sets.h"

namespace mae::kernels {

const AttentionKernels kAttentionBaseline = make_kernels("baseline");

}  // namespace mae::kernels
