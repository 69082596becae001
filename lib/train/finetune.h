// End-to-end and partial fine-tuning of the ViT classifier (MAE, appendix A.1 Table 9; spec 3 and
// 5), resumable bit for bit.
#pragma once

#include <memory>
#include <string>

#include "mae/base/progress.h"
#include "mae/data/augment.h"
#include "mae/data/sample_dataset.h"
#include "mae/models/classifier.h"
#include "mae/train/lr_schedule.h"
#include "mae/train/mixup.h"
#include "mae/train/optimizer.h"
#include "mae/train/process_group.h"
#include "mae/train/random_erasing.h"
#include "mae/train/run_directory.h"
#include "mae/train/save_options.h"
#include "mae/train/trainable_blocks.h"

namespace mae {

/// Defaults are the published script's.
struct FinetuneOptions {
  int64_t batch_size = 64;  ///< as in PretrainOptions
  int64_t processes = 1;    ///< as in PretrainOptions
  int64_t accum_iter = 1;   ///< micro-batches an optimizer step
  int64_t epochs = 50;      ///< recipes: 100 for ViT-B, 50 for L and H
  double warmup_epochs = 5;
  double blr = 1e-3;     ///< per 256 samples; the recipe of ViT-B is 5e-4
  double lr = 0;         ///< absolute; 0: from blr
  double min_lr = 1e-6;  ///< absolute; of the head, scaled by layer decay below it
  double weight_decay = 0.05;
  double layer_decay = 0.75;  ///< the recipe of ViT-B is 0.65
  AdamWOptions adamw{0.9, 0.999, 1e-8, true};
  double clip_grad = 0;  ///< largest gradient norm; 0 = off, as published
  double model_ema = 0;  ///< decay of the weights' moving average; 0 = off; from scratch the paper
                         ///< uses 0.9999
  double label_smoothing = 0.1;
  bool balance_classes = false;  ///< weigh the loss by balanced_class_weights
  MixupOptions mixup;
  RandomErasingOptions erasing{0.25, 0.02, 1.0 / 3.0, 0.3, 1 / 0.3};
  AugmentOptions augment = [] {
    AugmentOptions augment;
    augment.crop.min_scale = 0.08;                // smaller crops than pretraining's 0.2
    augment.rand_augment = RandAugmentOptions{};  // its `fill` is set to the mean of the pixels
    return augment;
  }();
  double train_blocks = kAllBlocks;
  std::string dtype = "float32";
  std::string device = "cpu";
  uint64_t seed = 0;
  int threads = 1;  ///< compute threads; 0 = all cores
  int loader_threads =
      0;  ///< threads that prepare batches; 0 = as `threads`. Never changes a result.
  SaveOptions save;
  int64_t nan_skips = 3;  ///< as in PretrainOptions
  bool overlap = true;    ///< as in PretrainOptions
  bool checkpoint_activations = false;  ///< as in PretrainOptions
  int64_t max_steps = 0;  ///< stop after that many optimizer steps in all (0 = off); the schedule
                          ///< stays that of `epochs`
};

/// What the options come to for a dataset.
struct FinetunePlan {
  int64_t batch_size = 0;         ///< of all processes together, after cutting
  int64_t steps_per_epoch = 0;    ///< incomplete last batches and accumulation groups are left out
  int64_t batches_per_epoch = 0;  ///< used ones: steps_per_epoch * accum_iter
  LrSchedule schedule;
};
/// throws UsageError naming the option that cannot be
FinetunePlan plan_finetuning(const FinetuneOptions& options, int64_t samples);

struct FinetuneData {
  std::shared_ptr<const SampleDataset> train;       ///< every label known
  std::shared_ptr<const SampleDataset> validation;  ///< may be null
};

struct FinetuneReport {
  int64_t epochs = 0, steps = 0;  ///< done in all, of earlier processes too
  int64_t skipped_steps = 0;      ///< of `steps`: left out because they were not finite
  double train_loss = 0;          ///< mean of the last epoch; NaN before the first
  double val_loss = 0, val_top1 = 0, val_top5 = 0;  ///< of the last epoch; NaN without validation
  double best_top1 = 0;                             ///< of all epochs; NaN without validation
  int64_t best_epoch = 0;                           ///< counted from 0
  double images_per_second = 0;   ///< of this process; 0 when it had nothing left to do
  int64_t peak_memory_bytes = 0;  ///< of this process (peak_memory.h)
};

/// Trains `model` in place and saves into `run`, from where the run stands if it holds a state.
/// After each epoch the validation set is evaluated (classifier_evaluation.h), one line is added to
/// log.jsonl and a model with a higher top-1 than ever is also saved as best.safetensors.
/// With model_ema the averaged weights are evaluated and saved as the run's classifier, and `model`
/// holds them in the end; the state holds both.
/// `description` gives the checkpoints their preprocessing, configuration, provenance and class
/// names; a resumed run keeps the provenance it began with.
///
/// Random choices: order of samples (seed, "order", epoch); crops, flips and RandAugment (seed,
/// "augment", epoch, id); erasing (seed, "erase", epoch, id); stochastic depth (seed, "drop_path",
/// epoch, id); mixing (seed, "mixup", epoch, batch). Mixing pairs the samples of a batch, so it
/// alone depends on the batch size. The data of a batch are erased before they are mixed, as
/// published. The processes of `group` divide batches, as in pretrain(), and validation sets.
///
/// throws Interrupted   after saving
///        NumericError  loss or gradient were not finite for nan_skips steps in a row, and again
///                      after the run went back (the last good save stays)
///        UsageError    options differ from those the run began with
///        ResourceError the disk has no room for the run; another process is lost
///        DataError     a training label is unknown or outside the model's classes
FinetuneReport finetune(Classifier& model, const FinetuneData& data, const FinetuneOptions& options,
                        const Checkpoint& description, RunDirectory& run, Progress& progress,
                        ProcessGroup& group = one_process());

/// Throws DataError naming the first sample whose label is unknown or outside the model's classes.
/// finetune() asks too; a job asks before it makes a run folder.
void check_training_labels(const SampleDataset& train, int64_t num_classes);

}  // namespace mae
