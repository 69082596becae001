// token_rows_arithmetic.h for AVX-512.
#define MAE_VECTOR_BYTES 64
#include "mae/ops/kernels/token_rows_arithmetic.h"
#include "mae/ops/kernels/token_rows_sets.h"

namespace mae::kernels {

const TokenRowKernels kTokenRowsAvx512 = make_token_row_kernels("avx512");

}  // namespace mae::kernels
