// Options to numbers of batches, steps and the learning rate, with every impossible option named.
#include <algorithm>
#include <cmath>
#include <limits>

#include "mae/base/error.h"
#include "mae/train/option_rule.h"
#include "mae/train/pretrain.h"

namespace mae {
namespace {

void check(const PretrainOptions& options) {
  const auto not_negative = [](double value) { return std::isfinite(value) && value >= 0; };
  require(options.batch_size > 0 && options.batch_size <= std::numeric_limits<int32_t>::max(),
          "--batch-size", "1 to 2147483647");
  require(options.accum_iter > 0, "--accum-iter", "at least 1");
  require(options.epochs >= 0, "--epochs", "0 or more");
  require(not_negative(options.warmup_epochs), "--warmup-epochs", "0 or more");
  require(not_negative(options.blr), "--blr", "0 or more");
  require(not_negative(options.lr), "--lr", "0 or more");
  require(not_negative(options.min_lr), "--min-lr", "0 or more");
  require(not_negative(options.weight_decay), "--weight-decay", "0 or more");
  require(not_negative(options.clip_grad), "--clip-grad", "0 or more");
  for (const double beta : {options.adamw.beta1, options.adamw.beta2})
    require(not_negative(beta) && beta < 1, "--betas", "two numbers from 0 to below 1");
  require(options.save.every_epochs > 0, "--save-every", "at least 1");
  require(not_negative(options.save.every_minutes), "--save-minutes", "0 or more");
  require(options.save.keep_every >= 0, "--keep-every", "0 or more");
  require(options.nan_skips >= 0, "--nan-skips", "0 or more");
  require(options.max_steps >= 0, "--max-steps", "0 or more");
  require(options.probe_every >= 0, "--probe-every", "0 or more");
  if (options.cuda_graph && (options.device.rfind("cuda", 0) != 0 || options.processes > 1))
    throw UsageError("is for one process with --device cuda", "--cuda-graph", "go without it");
  const RandomCropOptions& crop = options.augment.crop;
  require(crop.min_scale > 0 && crop.min_scale <= crop.max_scale && crop.max_scale <= 1,
          "--crop-scale", "two numbers above 0, the first not above the second, up to 1");
}

}  // namespace

PretrainPlan plan_pretraining(const PretrainOptions& options, int64_t samples) {
  check(options);
  PretrainPlan plan;
  plan.batch_size = std::min(options.batch_size * options.processes, samples);
  if (plan.batch_size < options.processes)
    throw UsageError(std::to_string(samples) + " samples are too few for " +
                         std::to_string(options.processes) + " processes",
                     "", "start fewer processes");
  plan.batches_per_epoch = samples / plan.batch_size;
  plan.steps_per_epoch = plan.batches_per_epoch / options.accum_iter;
  if (plan.steps_per_epoch == 0)
    throw UsageError(std::to_string(options.accum_iter) + " micro-batches make a step, but an " +
                         "epoch has only " + std::to_string(plan.batches_per_epoch),
                     "--accum-iter", "use fewer, or a smaller --batch-size");
  plan.steps = plan.steps_per_epoch * options.epochs;
  plan.schedule.lr =
      options.lr > 0
          ? options.lr
          : scaled_lr(options.blr, static_cast<long>(plan.batch_size * options.accum_iter));
  plan.schedule.min_lr = options.min_lr;
  plan.schedule.warmup_epochs = options.warmup_epochs;
  plan.schedule.epochs = static_cast<double>(options.epochs);
  return plan;
}

}  // namespace mae
