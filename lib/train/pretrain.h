// The pretraining loop (MAE, appendix A.1; spec 1.11 to 1.14), resumable bit for bit.
#pragma once

#include <string>
#include <vector>

#include "mae/base/progress.h"
#include "mae/data/augment.h"
#include "mae/data/sample_dataset.h"
#include "mae/masking/mask_strategy.h"
#include "mae/models/masked_model.h"
#include "mae/train/optimizer.h"
#include "mae/train/run_directory.h"

namespace mae {

struct PretrainOptions {
  int64_t batch_size = 64;         ///< samples a micro-batch
  int64_t accum_iter = 1;          ///< micro-batches an optimizer step
  double epochs_total() const { return static_cast<double>(epochs); }
  int64_t epochs = 400;
  double warmup_epochs = 40;
  double blr = 1.5e-4;             ///< per 256 samples; the README's recipe (the published script's default is 1e-3)
  double lr = 0;                   ///< absolute; 0: from blr
  double min_lr = 0;
  double weight_decay = 0.05;
  AdamWOptions adamw;
  double clip_grad = 0;            ///< 0 = off, as published
  MaskingOptions masking;
  AugmentOptions augment;
  std::string dtype = "float32";
  std::string device = "cpu";
  uint64_t seed = 0;
  int threads = 1;                 ///< loader and compute threads
  int64_t save_every = 1;          ///< epochs between saves; a signal and the end always save
  int64_t max_steps = 0;           ///< stop after that many optimizer steps in all (0 = off)
};

struct PretrainReport {
  int64_t epochs = 0, steps = 0;
  double train_loss = 0;           ///< mean of the last epoch
  double val_loss = 0;             ///< NaN without validation data
  double images_per_second = 0;
  double stall_share = 0;          ///< of the time, waited for data
};

/// Trains `model` in place and saves into `run`. `masks`, when given, are fixed masks [N, L] by sample index instead of fresh ones.
/// throws Interrupted after saving, NumericError when the loss is not finite (the last good save stays)
PretrainReport pretrain(MaskedModel& model, std::shared_ptr<const SampleDataset> train, std::shared_ptr<const SampleDataset> validation,
                        const std::vector<std::vector<uint8_t>>* masks, const PretrainOptions& options, const Checkpoint& description,
                        RunDirectory& run, Progress& progress);

}  // namespace mae
