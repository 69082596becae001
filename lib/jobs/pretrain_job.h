// mae-pretrain: from shards or pictures to a trained masked autoencoder in a run folder.
#pragma once

#include <string>
#include <vector>

#include "mae/base/progress.h"
#include "mae/base/size2d.h"
#include "mae/jobs/job_support.h"
#include "mae/jobs/text_training.h"
#include "mae/train/pretrain.h"

namespace mae {

/// Sizes that replace the named model's or the shard's. Zero: not given.
struct ModelSizes {
  Size2d img_size, patch_size;
  int64_t in_chans = 0;
  int64_t embed_dim = 0, depth = 0, num_heads = 0;
  double mlp_ratio = 0;
  int64_t num_frames = 0, tubelet_size = 0;  ///< of models of clips
  int64_t decoder_embed_dim = 0, decoder_depth = 0, decoder_num_heads = 0;
  bool norm_pix_loss = false;
  bool norm_pix_loss_given = false;
  /// Further fields of the configuration that were given, by name: ablations of the paper.
  nlohmann::json others = nlohmann::json::object();
};

/// What a training job makes of being one of several processes.
struct LaunchOptions {
  LaunchPlace place;            ///< of this process; alone unless the tool asked launch_place()
  double peer_timeout_s = 600;  ///< a process that does not answer for so long is lost
  bool shares_threads = false;  ///< the machine's threads are divided among its processes
};

struct PretrainJob {
  std::vector<std::string> inputs;             ///< shards or picture folders
  std::vector<std::string> validation;         ///< empty: none
  JobOutput output;                            ///< the run folder
  std::string model = "mae-vit-base-patch16";  ///< a name, or a checkpoint to start from
  ModelSizes sizes;
  std::string target_file;          ///< of mae-codebook; needed to begin with target pca or tokens
  std::vector<double> mean, std;    ///< empty: the shard's, the checkpoint's or ImageNet's
  int64_t stride = 0;               ///< of clips of videos; 0: the checkpoint's, or 4
  bool default_augment = false;     ///< clips are cropped as published (Augment::kMultiScale)
  bool default_strategy = false;    ///< training.masking has the model's own strategy
  bool default_mask_ratio = false;  ///< and ratio (MaskedModel::default_masking)
  std::string masks;                ///< fixed masks of mae-mask; empty: fresh ones each epoch
  int64_t limit = 0;                ///< first samples only; 0 = all
  bool exif_orientation = false;    ///< turn pictures of folders upright as EXIF says
  bool resume = false;              ///< go on with the run in the folder, if there is one
  TextTraining text;                ///< for models that read captions
  PretrainOptions training;         ///< augment.img_size and text are set by the job
  LaunchOptions launch;
};

struct PretrainJobReport {
  bool is_first = true;  ///< whether this is the process that reports
  PretrainReport training;
  PretrainPlan plan;
  nlohmann::json config;  ///< of the model
  int64_t samples = 0, validation_samples = 0;
  int64_t parameters = 0;    ///< trained ones
  int64_t memory_bytes = 0;  ///< estimate for a step
  std::string checkpoint;    ///< file written; empty on a dry run
};

/// The model's configuration: the named one with the data's picture size, patch size and channels;
/// given sizes are strongest. A checkpoint keeps its own, except img_size (position tables are
/// interpolated) and whether pixels are normalised. throws UsageError  a size contradicts the
/// checkpoint or cannot be built; a target has no basis or codebook
nlohmann::json pretrain_model_config(const PretrainJob& job, const SampleDataset& dataset);

/// How training data are read: as the model that is started from asks (a name or a checkpoint),
/// with the sizes that were said. stride  of clips of videos; 0: the checkpoint's
DatasetOptions model_data_options(const std::string& model, const ModelSizes& sizes,
                                  int64_t stride);

/// With output.dry_run everything is checked and counted, nothing written. With output.if_changed a
/// run of the same provenance is gone on with, which for a finished one means that nothing is done.
/// With training.probe_every the encoder is measured by make_encoder_probe, for which both inputs
/// and validation need labels.
/// throws as pretrain(), and DataError for inputs that do not fit the model or have no labels for a
/// probe
PretrainJobReport run_pretrain_job(const PretrainJob& job, Progress& progress);

/// This process's device and threads, and how many processes there are, in a training job's
/// options.
template <typename Options>
void settle_launch(const LaunchOptions& launch, Options* training) {
  training->processes = launch.place.world_size;
  training->device = device_of(launch.place, training->device);
  if (launch.shares_threads) training->threads = share_of_threads(launch.place, training->threads);
}

/// ", 4 processes", or nothing for one.
std::string processes_text(const ProcessGroup& group);

}  // namespace mae
