// token_rows_arithmetic.h for what every processor has.
#define MAE_VECTOR_BYTES 16
#include "mae/ops/kernels/token_rows_arithmetic.h"
#include "mae/ops/kernels/token_rows_sets.h"

namespace mae::kernels {

const TokenRowKernels kTokenRowsBaseline = make_token_row_kernels("baseline");

}  // namespace mae::kernels
