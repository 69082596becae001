// The pretraining loop (MAE, appendix A.1; spec 1.11 to 1.14), resumable bit for bit.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mae/base/progress.h"
#include "mae/data/augment.h"
#include "mae/data/sample_dataset.h"
#include "mae/data/text_stream.h"
#include "mae/masking/mask_strategy.h"
#include "mae/models/masked_model.h"
#include "mae/train/lr_schedule.h"
#include "mae/train/optimizer.h"
#include "mae/train/process_group.h"
#include "mae/train/run_directory.h"
#include "mae/train/save_options.h"

namespace mae {

struct PretrainOptions {
  int64_t batch_size = 64;  ///< samples a micro-batch of each process; all processes' together are
                            ///< cut to the size of a smaller dataset
  int64_t processes = 1;    ///< that train together; pretrain() takes the number of its group
  int64_t accum_iter = 1;   ///< micro-batches an optimizer step
  int64_t epochs = 400;     ///< 0: the freshly initialised model is saved
  double warmup_epochs = 40;
  double blr =
      1.5e-4;     ///< per 256 samples; the README's recipe (the published script's default is 1e-3)
  double lr = 0;  ///< absolute; 0: from blr
  double min_lr = 0;  ///< absolute
  double weight_decay = 0.05;
  AdamWOptions adamw;
  double clip_grad = 0;  ///< largest gradient norm; 0 = off, as published
  MaskingOptions masking;
  TextOptions text;  ///< for models that read captions; shared_mask follows masking.strategy
  AugmentOptions augment;
  std::string dtype = "float32";
  std::string device = "cpu";
  uint64_t seed = 0;
  int threads = 1;  ///< compute threads; 0 = all cores
  int loader_threads =
      0;  ///< threads that prepare batches; 0 = as `threads`. Never changes a result.
  SaveOptions save;
  int64_t nan_skips = 3;  ///< steps in a row that may be left out because their loss or gradient is
                          ///< not finite before the run goes back to its last save; 0: none may
  int64_t max_steps = 0;  ///< stop after that many optimizer steps in all (0 = off); the schedule
                          ///< stays that of `epochs`
  /// Gradients are reduced while the backward pass runs; false: behind it. Changes no more than the
  /// order of sums.
  bool overlap = true;
  /// The forward and backward pass is recorded once and replayed: less for the host to do in each
  /// step. Needs CUDA, one process and a model of pictures.
  bool cuda_graph = false;
  bool checkpoint_activations = false;  ///< blocks are recomputed (recompute.h); the same bits
  int64_t probe_every = 0;  ///< epochs between calls of PretrainData::probe, which the last epoch
                            ///< has in any case; 0 = never. Never changes a result.
};

/// What the options come to for a dataset.
struct PretrainPlan {
  int64_t batch_size = 0;         ///< of all processes together, after cutting
  int64_t batches_per_epoch = 0;  ///< an incomplete last batch is left out
  int64_t steps_per_epoch =
      0;              ///< an incomplete last accumulation group is discarded, as published
  int64_t steps = 0;  ///< in all
  LrSchedule schedule;
};
/// throws UsageError naming the option that cannot be
PretrainPlan plan_pretraining(const PretrainOptions& options, int64_t samples);

struct PretrainReport {
  int64_t epochs = 0, steps = 0;  ///< done in all, of earlier processes too
  int64_t skipped_steps = 0;      ///< of `steps`: left out because they were not finite
  double train_loss = 0;          ///< mean of the last epoch; NaN before the first step
  double val_loss = 0;            ///< NaN without validation data
  double probe_top1 = 0;          ///< per cent, the last one of this process; NaN without any
  double images_per_second = 0;   ///< of this process; 0 when it had nothing left to do
  double stall_share = 0;         ///< of the time, waited for data
  int64_t peak_memory_bytes = 0;  ///< of this process (peak_memory.h)
};

struct Placement;

/// Says how good the encoder is, as a top-1 accuracy in per cent. What it measures by lies above
/// this layer. Called without gradients and in evaluation mode; must leave the model as it is. May
/// throw Interrupted.
using EncoderProbe = std::function<double(MaskedModel& model, const Placement& placement)>;

/// What is trained on. `masks`, when given, are fixed masks [N, L] by sample index instead of fresh
/// ones each epoch.
struct PretrainData {
  std::shared_ptr<const SampleDataset> train;
  std::shared_ptr<const SampleDataset> validation;  ///< may be null
  const std::vector<std::vector<uint8_t>>* masks = nullptr;
  /// Digest of the file that the model's target came from, which is one of the provenance's inputs;
  /// empty: none was given. A run is resumed without the file or with an equal one.
  std::string target_digest = {};
  EncoderProbe probe = nullptr;  ///< may be empty
};

/// Trains `model` in place and saves into `run`, from where the run stands if it holds a state.
/// The processes of `group`, which `run` was opened with, divide each batch among them: N of them
/// with a batch size of B / N are the run of one with B. The loss is the mean over samples and
/// weights parts by them; rank 0 alone writes, validates aloud and probes.
/// `description` gives the checkpoints their preprocessing (also how pixels are normalised),
/// configuration and provenance; a resumed run keeps the provenance it began with. throws
/// Interrupted   after saving
///        NumericError  loss or gradient were not finite for nan_skips steps in a row, and again
///                      after the run went back (the last good save stays)
///        UsageError    options differ from those the run began with
///        ResourceError the disk has no room for the run; another process is lost
PretrainReport pretrain(MaskedModel& model, const PretrainData& data,
                        const PretrainOptions& options, const Checkpoint& description,
                        RunDirectory& run, Progress& progress, ProcessGroup& group = one_process());

}  // namespace mae
