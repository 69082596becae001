// One loss for all: hard labels, smoothed ones and mixtures are all soft targets.
#include "mae/train/label_smoothing.h"

#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>

#include <string>

#include "mae/base/error.h"

namespace mae {

Tensor soft_targets(const Tensor& labels, int64_t num_classes, double smoothing, double lam) {
  check_shape("labels", labels, {kAny});
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw UsageError("expected a number in [0, 1), got " + std::to_string(smoothing), "smoothing");
  }
  if (!(lam >= 0 && lam <= 1)) {
    throw UsageError("expected a number in [0, 1], got " + std::to_string(lam), "lam");
  }
  if (labels.numel() > 0) {
    const int64_t low = labels.min().item<int64_t>(), high = labels.max().item<int64_t>();
    if (low < 0 || high >= num_classes) {
      throw DataError("label " + std::to_string(low < 0 ? low : high) + " is not one of the " +
                          std::to_string(num_classes) + " classes",
                      "labels");
    }
  }
  const double off = smoothing / static_cast<double>(num_classes);
  const Tensor targets = at::full({labels.size(0), num_classes}, off,
                                  labels.options().dtype(at::kDouble));  // [B, K]
  const Tensor index = labels.unsqueeze(1);                              // [B, 1]
  const Tensor own = at::full(index.sizes(), lam * (1 - smoothing), targets.options());
  targets.scatter_add_(/*dim=*/1, index, own);
  if (lam < 1) {
    const Tensor partner = at::full(index.sizes(), (1 - lam) * (1 - smoothing), targets.options());
    targets.scatter_add_(/*dim=*/1, index.flip(0), partner);
  }
  return targets;
}

Tensor soft_target_loss(const Tensor& logits, const Tensor& targets) {
  check_shape("logits", logits, {kAny, kAny});
  check_shape("targets", targets, {logits.size(0), logits.size(1)});
  const at::ScalarType type = logits.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const Tensor log_probability = at::log_softmax(logits.to(type), /*dim=*/1);  // [B, K]
  return -(targets.to(type) * log_probability).sum(/*dim=*/1).mean();
}

}  // namespace mae
