// The choice among the compiled instruction sets, and how much memory a kernel needs.
#include "mae/ops/kernels/attention.h"

#include "mae/ops/kernels/attention_sets.h"
#include "mae/ops/kernels/instruction_sets.h"

namespace mae::kernels {
namespace {

constexpr int64_t kWidestVector = 16;  // floats; every set's padding is at most to this

int64_t padded(int64_t n) { return (n + kWidestVector - 1) / kWidestVector * kWidestVector; }

}  // namespace

int64_t attention_scratch(const AttentionShape& shape) {
  const int64_t L = padded(shape.length), d = padded(shape.head_dim);
  return 5 * L * d + 3 * (d + L) * kAttentionBlockRows;
}

const AttentionKernels* const* all_attention_kernels() {
#if defined(__x86_64__)
  static const AvailableSets<AttentionKernels> available(kAttentionAvx512, kAttentionAvx2,
                                                         kAttentionBaseline, &kAttentionAvx512Bf16);
#else
  static const AvailableSets<AttentionKernels> available(kAttentionBaseline);
#endif
  return available.sets;
}

const AttentionKernels& attention_kernels() { return *all_attention_kernels()[0]; }

}  // namespace mae::kernels
