// Three thresholds of malloc.
#include "mae/base/memory_reuse.h"

#include <cstdlib>
#include <initializer_list>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace mae {

void reuse_freed_memory() {
#if defined(__GLIBC__)
  for (const char* name :
       {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "GLIBC_TUNABLES"}) {
    if (std::getenv(name) != nullptr) return;
  }
  constexpr int kMebibyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 * kMebibyte);  // the most that glibc takes
  mallopt(M_TRIM_THRESHOLD, 2047 * kMebibyte);
  mallopt(M_TOP_PAD, 64 * kMebibyte);
#endif
}

}  // namespace mae
