// attention_arithmetic.h for AVX2 with FMA.
#define MAE_VECTOR_BYTES 32
#define MAE_TILE_ROWS 6
#define MAE_TILE_VECTORS 2
#include "mae/ops/kernels/attention_arithmetic.h"
#include "mae/ops/kernels/attention_sets.h"

namespace mae::kernels {

const AttentionKernels kAttentionAvx2 = make_kernels("avx2");

}  // namespace mae::kernels
