// mae-finetune: from a pretrained encoder (or from scratch) to a classifier in a run folder, and
// what a classifier says of a labelled set.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mae/base/progress.h"
#include "mae/data/view_dataset.h"
#include "mae/jobs/job_support.h"
#include "mae/jobs/pretrain_job.h"
#include "mae/train/classifier_evaluation.h"
#include "mae/train/finetune.h"

namespace mae {

struct FinetuneJob {
  std::vector<std::string> train;       ///< shards or picture folders; none with evaluate_only
  std::vector<std::string> validation;  ///< empty: none
  JobOutput output;                     ///< the run folder; none with evaluate_only
  /// A pretrained or fine-tuned checkpoint or run folder, or a named size to train from scratch.
  std::string model;
  ModelSizes sizes;  ///< img_size always; the others from scratch only, decoder fields never
  bool global_pool = true;
  double drop_path_rate = 0.1;
  std::vector<double> mean, std;          ///< empty: the checkpoint's, or from scratch the data's
  int64_t stride = 0;  ///< of clips of videos; 0: the checkpoint's, or 4
  ViewOptions views;   ///< of clips, for evaluate_only and the tables; their answers are averaged
  bool exif_orientation = false;          ///< turn pictures of folders upright as EXIF says
  std::string channels_policy = "error";  ///< parse_channels_policy, for data of other channels
  int64_t limit = 0;                      ///< first training samples only; 0 = all
  bool resume = false;                    ///< go on with the run in the folder, if there is one
  bool evaluate_only = false;             ///< --eval
  std::string predictions;     ///< TSV of the validation set's probabilities; empty: none
  std::string confusion;       ///< TSV of counts; empty: none
  std::string class_accuracy;  ///< TSV of accuracies by class; empty: none
  /// Whether the user asked for RandAugment: else it is switched off, with a warning, for pictures
  /// that it does not take.
  bool rand_augment_given = false;
  FinetuneOptions training;  ///< augment.img_size is set by the job
  LaunchOptions launch;
};

struct FinetuneJobReport {
  bool is_first = true;             ///< whether this is the process that reports
  FinetuneReport training;          ///< not with evaluate_only
  FinetunePlan plan;                ///< not with evaluate_only
  ClassifierEvaluation evaluation;  ///< with evaluate_only or a table
  double mean_class_accuracy = 0;   ///< per cent; as `evaluation`, NaN without labels
  nlohmann::json config;            ///< of the classifier
  int64_t samples = 0, validation_samples = 0;
  int64_t parameters = 0;  ///< trained ones
  int64_t depth = 0;       ///< blocks of the classifier
  std::string checkpoint;  ///< file written; empty when none was
};

/// The classifier a job starts from, its weights filled. From a masked autoencoder the encoder is
/// copied, the decoder and mask token left; with global_pool the encoder's final norm is dropped
/// and fc_norm and head start fresh (seed). A classifier keeps its weights, but its head only when
/// the number of classes is the same. Position tables are interpolated to another img_size.
/// throws UsageError, DataError (the checkpoint does not fit)
std::shared_ptr<Classifier> make_classifier(const FinetuneJob& job, const SampleDataset& data,
                                            int64_t num_classes);

/// Training, or with evaluate_only just the evaluation of a classifier on the validation set. When
/// tables are asked for, they come from the model as it is at the end. With output.dry_run
/// everything is checked and counted, nothing written; with output.if_changed a run of the same
/// provenance is gone on with, which for a finished one means that nothing is done.
/// throws as finetune(), and DataError for sets that do not fit each other or the model
FinetuneJobReport run_finetune_job(const FinetuneJob& job, Progress& progress);

}  // namespace mae
