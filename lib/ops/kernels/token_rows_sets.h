// One table of kernels an instruction set. Calling one that the processor lacks ends the program.
#pragma once

#include "mae/ops/kernels/token_rows.h"

namespace mae::kernels {

extern const TokenRowKernels kTokenRowsAvx512, kTokenRowsAvx2;  ///< x86-64 only
extern const TokenRowKernels kTokenRowsBaseline;

}  // namespace mae::kernels
