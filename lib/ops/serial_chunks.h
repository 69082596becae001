// Sums over many rows that come out the same whatever the number of threads.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <utility>

#include "mae/base/interrupt.h"
#include "mae/base/parallel.h"
#include "mae/ops/tensor.h"

namespace mae {

/// Calls consume(first, produce(rows)) for chunks of `rows` (a tensor [N, ...]), `produce` on
/// `threads` threads in each of which LibTorch computes alone, `consume` in order on the caller's.
/// Where chunks begin depends on N alone, so the arithmetic does not depend on `threads`. Looks for
/// a pending signal between chunks.
template <typename Produce, typename Consume>
void for_each_chunk(const Tensor& rows, int threads, Produce produce, Consume consume) {
  constexpr int64_t kRows = 2048;
  const int64_t N = rows.size(0);
  const int before = at::get_num_threads();
  struct Restore {
    int threads;
    ~Restore() { at::set_num_threads(threads); }
  } const restore{before};
  ordered_map((N + kRows - 1) / kRows, threads, /*ahead=*/0,
              [&](int64_t chunk) {
                at::set_num_threads(1);
                const int64_t first = chunk * kRows;
                return produce(rows.narrow(/*dim=*/0, first, std::min(kRows, N - first)));
              },
              [&](int64_t chunk, auto result) {
                check_interrupt();
                consume(chunk * kRows, std::move(result));
              });
}

}  // namespace mae
