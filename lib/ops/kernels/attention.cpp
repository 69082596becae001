// Which of the compiled instruction sets this processor has.
#include "mae/ops/kernels/attention.h"

#include "mae/ops/kernels/attention_sets.h"

namespace mae::kernels {
namespace {

constexpr int64_t kWidestVector = 16;  // floats; every set's padding is at most to this

int64_t padded(int64_t n) { return (n + kWidestVector - 1) / kWidestVector * kWidestVector; }

struct Available {
  const AttentionKernels* sets[4] = {};

  Available() {
    int count = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
      sets[count++] = &kAttentionAvx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
      sets[count++] = &kAttentionAvx2;
#endif
    sets[count] = &kAttentionBaseline;
  }
};

}  // namespace

int64_t attention_scratch(const AttentionShape& shape) {
  const int64_t L = padded(shape.length), d = padded(shape.head_dim);
  return 5 * L * d + (3 * d + 2 * L) * kAttentionBlockRows;
}

const AttentionKernels* const* all_attention_kernels() {
  static const Available available;
  return available.sets;
}

const AttentionKernels& attention_kernels() { return *all_attention_kernels()[0]; }

}  // namespace mae::kernels
