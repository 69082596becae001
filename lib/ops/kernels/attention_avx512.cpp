// attention_arithmetic.h for AVX-512.
#define MAE_VECTOR_BYTES 64
#define MAE_TILE_ROWS 6
#define MAE_TILE_VECTORS 4
#include "mae/ops/kernels/attention_arithmetic.h"
#include "mae/ops/kernels/attention_sets.h"

namespace mae::kernels {

const AttentionKernels kAttentionAvx512 = make_kernels("avx512");

}  // namespace mae::kernels
