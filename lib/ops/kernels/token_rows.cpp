// The choice among the compiled instruction sets.
#include "mae/ops/kernels/token_rows.h"

#include "mae/ops/kernels/instruction_sets.h"
#include "mae/ops/kernels/token_rows_sets.h"

namespace mae::kernels {

const TokenRowKernels* const* all_token_row_kernels() {
#if defined(__x86_64__)
  static const AvailableSets<TokenRowKernels> available(kTokenRowsAvx512, kTokenRowsAvx2,
                                                        kTokenRowsBaseline);
#else
  static const AvailableSets<TokenRowKernels> available(kTokenRowsBaseline);
#endif
  return available.sets;
}

const TokenRowKernels& token_row_kernels() { return *all_token_row_kernels()[0]; }

}  // namespace mae::kernels
