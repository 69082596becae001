// Ranks by counting: no sort, so ties are resolved the same way everywhere.
#include "mae/train/accuracy.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>

namespace mae {

Tensor label_ranks(const Tensor& logits, const Tensor& labels) {
  check_shape("logits", logits, {kAny, kAny});
  const int64_t N = logits.size(0), K = logits.size(1);
  check_shape("labels", labels, {N});
  const Tensor own = logits.gather(/*dim=*/1, labels.unsqueeze(1));   // [N, 1]
  const Tensor index = at::arange(K, labels.options()).unsqueeze(0);  // [1, K]
  // Behind the label: smaller logits, and equal ones from its index on (itself among them).
  const Tensor ties = logits.eq(own).logical_and(index.ge(labels.unsqueeze(1)));  // [N, K]
  return K - logits.lt(own).sum(/*dim=*/1) - ties.sum(/*dim=*/1);
}

Accuracy accuracy_of(const Tensor& ranks) {
  if (ranks.numel() == 0) return {};
  const auto percent = [&](int64_t best) {  // one rounding, so that 9882 of 10000 print as 98.82
    return 100.0 * static_cast<double>(ranks.lt(best).sum().item<int64_t>()) /
           static_cast<double>(ranks.numel());
  };
  return {percent(1), percent(5)};
}

Tensor predicted_classes(const Tensor& logits) {
  check_shape("logits", logits, {kAny, kAny});
  const int64_t N = logits.size(0), K = logits.size(1);
  const Tensor rows = logits.to(at::kCPU, at::kDouble).contiguous();
  const Tensor classes = at::empty({N}, at::kLong);
  const double* value = rows.data_ptr<double>();
  int64_t* out = classes.data_ptr<int64_t>();
  for (int64_t n = 0; n < N; ++n, value += K) {
    int64_t best = 0;
    for (int64_t k = 1; k < K; ++k) {
      if (value[k] > value[best]) best = k;
    }
    out[n] = best;
  }
  return classes;
}

}  // namespace mae
