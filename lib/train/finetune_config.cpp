// Keys are the options' names, so that a message can name what to change.
#include "mae/train/finetune_config.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mae/base/error.h"
#include "mae/train/option_rule.h"

namespace mae {
namespace {

void check(const FinetuneOptions& options) {
  const auto not_negative = [](double value) { return std::isfinite(value) && value >= 0; };
  require(options.batch_size > 0 && options.batch_size <= std::numeric_limits<int32_t>::max(),
          "--batch-size", "1 to 2147483647");
  require(options.accum_iter > 0, "--accum-iter", "at least 1");
  require(options.epochs > 0, "--epochs", "at least 1");
  require(not_negative(options.warmup_epochs), "--warmup-epochs", "0 or more");
  require(not_negative(options.blr), "--blr", "0 or more");
  require(not_negative(options.lr), "--lr", "0 or more");
  require(not_negative(options.min_lr), "--min-lr", "0 or more");
  require(not_negative(options.weight_decay), "--weight-decay", "0 or more");
  require(options.layer_decay > 0 && options.layer_decay <= 1, "--layer-decay",
          "a number above 0, up to 1");
  require(not_negative(options.clip_grad), "--clip-grad", "0 or more");
  require(options.model_ema >= 0 && options.model_ema < 1, "--model-ema",
          "a number from 0 to below 1");
  require(not_negative(options.label_smoothing) && options.label_smoothing < 1, "--smoothing",
          "a number from 0 to below 1");
  require(not_negative(options.mixup.mixup), "--mixup", "0 or more");
  require(not_negative(options.mixup.cutmix), "--cutmix", "0 or more");
  require(not_negative(options.erasing.probability) && options.erasing.probability <= 1, "--reprob",
          "a number from 0 to 1");
  require(options.erasing.max_count > 0, "--recount", "at least 1");
  require(not_negative(options.augment.color_jitter), "--color-jitter", "0 or more");
  require(options.save.every_epochs > 0, "--save-every", "at least 1");
  require(options.save.every_minutes >= 0, "--save-minutes", "0 or more");
  require(options.save.keep_every >= 0, "--keep-every", "0 or more");
  require(options.nan_skips >= 0, "--nan-skips", "0 or more");
  require(options.max_steps >= 0, "--max-steps", "0 or more");
  const RandomCropOptions& crop = options.augment.crop;
  require(crop.min_scale > 0 && crop.min_scale <= crop.max_scale && crop.max_scale <= 1,
          "--crop-scale", "two numbers above 0, the first not above the second, up to 1");
}

const char* sampling_name(ClipSampling sampling) {
  if (sampling == ClipSampling::kDense) return "dense";
  return sampling == ClipSampling::kSegments ? "segments" : "strided";
}

nlohmann::json digests_of(const FinetuneData& data) {
  nlohmann::json digests = nlohmann::json::array();
  for (const SampleDataset* dataset : {data.train.get(), data.validation.get()}) {
    if (!dataset) continue;
    for (const auto& input : dataset->inputs()) digests.push_back(input.digest);
  }
  return digests;
}

}  // namespace

FinetunePlan plan_finetuning(const FinetuneOptions& options, int64_t samples) {
  check(options);
  FinetunePlan plan;
  plan.batch_size = std::min(options.batch_size * options.processes, samples);
  if (plan.batch_size < options.processes)
    throw UsageError(std::to_string(samples) + " samples are too few for " +
                         std::to_string(options.processes) + " processes",
                     "", "start fewer processes");
  plan.batches_per_epoch = samples / plan.batch_size;
  plan.steps_per_epoch = plan.batches_per_epoch / options.accum_iter;
  if (plan.steps_per_epoch == 0) {
    throw UsageError(std::to_string(options.accum_iter) + " micro-batches make a step, but an " +
                         "epoch has only " + std::to_string(plan.batches_per_epoch),
                     "--accum-iter", "use fewer, or a smaller --batch-size");
  }
  plan.schedule.lr =
      options.lr > 0
          ? options.lr
          : scaled_lr(options.blr, static_cast<long>(plan.batch_size * options.accum_iter));
  plan.schedule.min_lr = options.min_lr;
  plan.schedule.warmup_epochs = options.warmup_epochs;
  plan.schedule.epochs = static_cast<double>(options.epochs);
  return plan;
}

nlohmann::json finetune_config(const FinetuneOptions& options, const FinetunePlan& plan,
                               const FinetuneData& data, const Checkpoint& description) {
  const AugmentOptions& augment = options.augment;
  nlohmann::json config = {
      {"batch-size", plan.batch_size},
      {"accum-iter", options.accum_iter},
      {"epochs", options.epochs},
      {"warmup-epochs", options.warmup_epochs},
      {"lr", plan.schedule.lr},
      {"min-lr", options.min_lr},
      {"weight-decay", options.weight_decay},
      {"layer-decay", options.layer_decay},
      {"betas", {options.adamw.beta1, options.adamw.beta2}},
      {"eps", options.adamw.eps},
      {"clip-grad", options.clip_grad},
      {"model-ema", options.model_ema},
      {"class-weights", options.balance_classes ? "balanced" : "none"},
      {"smoothing", options.label_smoothing},
      {"mixup", options.mixup.mixup},
      {"cutmix", options.mixup.cutmix},
      {"reprob", options.erasing.probability},
      {"remode", erasing_fill_name(options.erasing.fill)},
      {"recount", options.erasing.max_count},
      {"augment", augment_name(augment.augment)},
      {"aa", augment.rand_augment ? rand_augment_name(*augment.rand_augment) : "none"},
      {"color-jitter", augment.color_jitter},
      {"crop-scale", {augment.crop.min_scale, augment.crop.max_scale}},
      {"crop-ratio", {augment.crop.min_ratio, augment.crop.max_ratio}},
      {"horizontal-flip", augment.horizontal_flip},
      {"train-blocks", options.train_blocks},
      {"dtype", options.dtype},
      {"seed", options.seed},
      {"model", description.config},
      {"preprocessing", description.preprocessing},
      {"samples", data.train->size()},
      {"validation samples", data.validation ? data.validation->size() : 0},
      {"inputs", digests_of(data)}};
  if (data.train->frames() > 1) config["clip-sampling"] = sampling_name(augment.clip_sampling);
  return config;
}

}  // namespace mae
