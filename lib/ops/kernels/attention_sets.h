// One table of kernels an instruction set. Calling one that the processor lacks ends the program.
#pragma once

#include "mae/ops/kernels/attention.h"

namespace mae::kernels {

extern const AttentionKernels kAttentionAvx512Bf16, kAttentionAvx512, kAttentionAvx2;  ///< x86-64
extern const AttentionKernels kAttentionBaseline;

}  // namespace mae::kernels
