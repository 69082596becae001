// Learning rate per iteration: linear warm-up from zero, then half a cosine (spec 1.12).
#pragma once

namespace mae {

struct LrSchedule {
  double lr = 2.4e-3;   ///< peak; blr * effective batch / 256
  double min_lr = 0.0;  ///< absolute
  double warmup_epochs = 40;
  double epochs = 800;
};

/// Rate at fractional epoch e = epoch + iteration / iterations per epoch. The first step of a
/// warm-up has rate 0, as published.
double lr_at(const LrSchedule& schedule, double epoch);

/// lr = blr * batch_size * accum_iter * world_size / 256, the linear scaling rule.
double scaled_lr(double blr, long effective_batch_size);

}  // namespace mae
