// Which of the instruction sets that kernels are compiled for this processor has.
#pragma once

namespace mae::kernels {

/// From the fastest that this processor can run to the one that all can; ends with null.
template <typename Kernels>
struct AvailableSets {
  const Kernels* sets[5] = {};

#if defined(__x86_64__)
  /// avx512_bf16  null where nothing is compiled for it
  AvailableSets(const Kernels& avx512, const Kernels& avx2, const Kernels& baseline,
                const Kernels* avx512_bf16 = nullptr) {
    int count = 0;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
      if (avx512_bf16 != nullptr && __builtin_cpu_supports("avx512bf16"))
        sets[count++] = avx512_bf16;
      sets[count++] = &avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets[count++] = &avx2;
    sets[count] = &baseline;
  }
#else
  explicit AvailableSets(const Kernels& baseline) { sets[0] = &baseline; }
#endif
};

}  // namespace mae::kernels
