// The published schedule in double precision, as the reference computes it in Python.
#include "mae/train/lr_schedule.h"

#include <cmath>

namespace mae {

double lr_at(const LrSchedule& schedule, double epoch) {
  if (epoch < schedule.warmup_epochs) return schedule.lr * epoch / schedule.warmup_epochs;
  const double pi = std::acos(-1.0);
  // The order of the operations is the reference's, so that the last digit is too.
  const double angle =
      pi * (epoch - schedule.warmup_epochs) / (schedule.epochs - schedule.warmup_epochs);
  return schedule.min_lr + (schedule.lr - schedule.min_lr) * 0.5 * (1.0 + std::cos(angle));
}

double scaled_lr(double blr, long effective_batch_size) {
  return blr * static_cast<double>(effective_batch_size) / 256.0;
}

}  // namespace mae
