// token_rows_arithmetic.h for AVX2.
#define MAE_VECTOR_BYTES 32
#include "mae/ops/kernels/token_rows_arithmetic.h"
#include "mae/ops/kernels/token_rows_sets.h"

namespace mae::kernels {

const TokenRowKernels kTokenRowsAvx2 = make_token_row_kernels("avx2");

}  // namespace mae::kernels
