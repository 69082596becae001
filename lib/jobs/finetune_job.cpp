// Puts data, classifier and options together and hands them to the training loop.
#include "mae/jobs/finetune_job.h"

#include <ATen/ops/softmax.h>

#include <algorithm>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/base/parallel.h"
#include "mae/eval/prediction_file.h"
#include "mae/models/registry.h"
#include "mae/train/device.h"

namespace mae {
namespace {

/// Everything that is known before training starts.
struct PreparedFinetuning {
  FinetuneOptions training;
  FinetuneData data;
  std::shared_ptr<Classifier> model;
  Checkpoint description;
  std::vector<std::string> class_names;
};

bool is_from_scratch(const FinetuneJob& job) {
  return job.model.empty() || is_model_name(job.model);
}
void check_job(const FinetuneJob& job);
FinetuneData open_data(const FinetuneJob& job);
void check_channels(const SampleDataset& data, const Classifier& model, const std::string& which);
std::vector<std::string> common_class_names(const std::vector<std::string>& first,
                                            const std::vector<std::string>& second,
                                            const std::string& where);
int64_t count_classes(const FinetuneData& data, const std::vector<std::string>& class_names);
bool writes_tables(const FinetuneJob& job);
void prepare_training(const FinetuneJob& job, PreparedFinetuning* prepared);
void settle_clips(const FinetuneJob& job, const SampleDataset& data, AugmentOptions* augment);
void settle_rand_augment(const FinetuneJob& job, const SampleDataset& data,
                         AugmentOptions* augment);
void prepare_evaluation(const FinetuneJob& job, PreparedFinetuning* prepared);
Preprocessing make_preprocessing(const FinetuneJob& job, const Classifier& model,
                                 const SampleDataset& data);
Provenance make_provenance(const FinetuneJob& job, const FinetuneData& data);
void train(const FinetuneJob& job, PreparedFinetuning& prepared, Progress& progress,
           FinetuneJobReport* report);
void evaluate(const FinetuneJob& job, PreparedFinetuning& prepared, Progress& progress,
              FinetuneJobReport* report);

}  // namespace

FinetuneJobReport run_finetune_job(const FinetuneJob& given, Progress& progress) {
  FinetuneJob job = given;
  settle_launch(job.launch, &job.training);
  check_job(job);
  open_device(job.training.device);  // a missing device is told before anything is read or written
  parse_dtype(job.training.dtype);
  PreparedFinetuning prepared;
  prepared.training = job.training;
  prepared.data = open_data(job);
  if (job.evaluate_only) {
    prepare_evaluation(job, &prepared);
  } else {
    prepare_training(job, &prepared);
  }
  FinetuneJobReport report;
  report.is_first = job.launch.place.rank == 0;
  report.config = prepared.model->config();
  report.depth = prepared.model->depth();
  report.samples = prepared.data.train ? prepared.data.train->size() : 0;
  report.validation_samples = prepared.data.validation ? prepared.data.validation->size() : 0;
  if (!job.evaluate_only) {
    report.plan = plan_finetuning(job.training, report.samples);
    train_last_blocks(*prepared.model, job.training.train_blocks);
  }
  report.parameters = parameter_count(*prepared.model, /*trainable_only=*/true);
  if (job.output.dry_run) return report;
  if (!job.evaluate_only) train(job, prepared, progress, &report);
  if (report.is_first && (job.evaluate_only || writes_tables(job))) {
    evaluate(job, prepared, progress, &report);
  }
  return report;
}

namespace {

bool writes_tables(const FinetuneJob& job) {
  return !job.predictions.empty() || !job.confusion.empty() || !job.class_accuracy.empty();
}

void check_job(const FinetuneJob& job) {
  check_model_name(job.model);
  if ((job.evaluate_only || writes_tables(job)) && job.validation.empty()) {
    throw UsageError("there is nothing to evaluate on", "--val", "add --val SHARD");
  }
  if (job.evaluate_only) {
    if (is_from_scratch(job)) {
      throw UsageError("--eval needs a fine-tuned checkpoint", "--model", "add --model RUN");
    }
    if (!job.train.empty()) {
      throw UsageError("--eval does not train on '" + job.train.front() + "'", "--eval",
                       "give the set to evaluate by --val");
    }
    return;
  }
  if (job.train.empty()) throw UsageError("no training data given", "", "name shards or folders");
  if (job.output.path.empty()) throw UsageError("a run folder is needed", "-o", "add -o RUN");
}

FinetuneData open_data(const FinetuneJob& job) {
  FinetuneData data;
  DatasetOptions options = model_data_options(
      job.model.empty() ? "mae-vit-base-patch16" : job.model, job.sizes, job.stride);
  options.exif_orientation = job.exif_orientation;
  options.channels_policy = parse_channels_policy(job.channels_policy);
  if (is_from_scratch(job) && job.sizes.in_chans == 0 &&
      options.channels_policy != ChannelsPolicy::kError) {
    throw UsageError("a model from scratch takes the channels of the data", "--channels-policy",
                     "add --in-chans N, or leave the policy out");
  }
  options.limit = job.limit;
  if (!job.train.empty()) data.train = open_dataset(job.train, options);
  options.limit = job.evaluate_only ? job.limit : 0;
  if (!job.validation.empty()) data.validation = open_dataset(job.validation, options);
  return data;
}

void prepare_training(const FinetuneJob& job, PreparedFinetuning* prepared) {
  const FinetuneData& data = prepared->data;
  prepared->class_names = data.train->class_names();
  if (data.validation) {
    prepared->class_names = common_class_names(
        prepared->class_names, data.validation->class_names(), job.validation.front());
  }
  const int64_t classes = count_classes(data, prepared->class_names);
  check_training_labels(*data.train, classes);
  prepared->model = make_classifier(job, *data.train, classes);
  check_channels(*data.train, *prepared->model, job.train.front());
  if (data.validation) {
    check_channels(*data.validation, *prepared->model, job.validation.front());
  }
  check_frames(*data.train, prepared->model->num_frames(), job.train.front());
  if (data.validation)
    check_frames(*data.validation, prepared->model->num_frames(), job.validation.front());
  settle_clips(job, *data.train, &prepared->training.augment);
  settle_rand_augment(job, *data.train, &prepared->training.augment);
  prepared->training.augment.img_size = prepared->model->img_size();
  prepared->description.config = prepared->model->config();
  prepared->description.preprocessing = make_preprocessing(job, *prepared->model, *data.train);
  prepared->description.extra["class_names"] = prepared->class_names;
}

/// The published recipe of videos where nothing else is asked for.
void settle_clips(const FinetuneJob& job, const SampleDataset& data, AugmentOptions* augment) {
  if (data.frames() == 1 || !augment->rand_augment || job.rand_augment_given) return;
  augment->rand_augment = parse_rand_augment("rand-m7-n4-mstd0.5-inc1");
}

void settle_rand_augment(const FinetuneJob& job, const SampleDataset& data,
                         AugmentOptions* augment) {
  if (!augment->rand_augment || can_rand_augment(data.channels(), data.bit_depth())) return;
  if (job.rand_augment_given) check_rand_augment(data.channels(), data.bit_depth());
  log_warning("RandAugment is switched off: it takes pictures of 8 bits with 1 or 3 channels only");
  augment->rand_augment.reset();
}

std::vector<std::string> recorded_class_names(const Checkpoint& checkpoint,
                                              const std::string& file) {
  try {
    return checkpoint.extra.value("class_names", std::vector<std::string>());
  } catch (const nlohmann::json::exception&) {
    throw DataError("the class names are not a list of words", file);
  }
}

void prepare_evaluation(const FinetuneJob& job, PreparedFinetuning* prepared) {
  const std::string file = checkpoint_file(job.model);
  Checkpoint checkpoint = read_checkpoint(file);
  resize_classifier(job.sizes.img_size, &checkpoint);
  prepared->model = load_classifier(checkpoint, file);
  prepared->class_names =
      common_class_names(recorded_class_names(checkpoint, file),
                         prepared->data.validation->class_names(), job.validation.front());
  check_channels(*prepared->data.validation, *prepared->model, job.validation.front());
  check_frames(*prepared->data.validation, prepared->model->num_frames(), job.validation.front());
  checkpoint.tensors.clear();
  prepared->description = std::move(checkpoint);
}

void check_channels(const SampleDataset& data, const Classifier& model, const std::string& which) {
  if (data.channels() == model.in_chans()) return;
  throw DataError("pictures have " + std::to_string(data.channels()) +
                      " channels but the model takes " + std::to_string(model.in_chans()),
                  which,
                  "make the shard with --channels " + std::to_string(model.in_chans()) +
                      ", or add --channels-policy " +
                      (data.channels() < model.in_chans() ? "repeat" : "average"));
}

std::vector<std::string> common_class_names(const std::vector<std::string>& first,
                                            const std::vector<std::string>& second,
                                            const std::string& where) {
  if (first.empty() || second.empty()) return first.empty() ? second : first;
  const auto differ = std::mismatch(first.begin(), first.end(), second.begin(), second.end());
  if (differ.first == first.end() && differ.second == second.end()) return first;
  const auto name = [](auto at, auto end) { return at == end ? "nothing" : printable(*at); };
  throw DataError("class " + std::to_string(differ.first - first.begin()) + " is \"" +
                      name(differ.second, second.end()) + "\"; expected \"" +
                      name(differ.first, first.end()) + "\" as in training",
                  where, "make both sets from folders with the same classes");
}

int64_t count_classes(const FinetuneData& data, const std::vector<std::string>& class_names) {
  if (!class_names.empty()) return static_cast<int64_t>(class_names.size());
  int64_t largest = -1;
  for (const SampleDataset* set : {data.train.get(), data.validation.get()}) {
    for (int64_t i = 0; set && i < set->size(); ++i) largest = std::max(largest, set->label(i));
  }
  if (largest < 0) {
    throw DataError("no sample has a label", data.train->inputs().front().name,
                    "make the shard from class folders or a table with a label column");
  }
  return largest + 1;
}

/// Statistics from strong to weak: given ones, the checkpoint's, the data's.
Preprocessing make_preprocessing(const FinetuneJob& job, const Classifier& model,
                                 const SampleDataset& data) {
  Preprocessing preprocessing;
  if (is_from_scratch(job)) {
    preprocessing.mean = data.pixel_stats().mean;
    preprocessing.std = data.pixel_stats().std;
  } else {
    preprocessing = read_checkpoint_header(job.model).preprocessing;
  }
  if (!job.mean.empty()) preprocessing.mean = job.mean;
  if (!job.std.empty()) preprocessing.std = job.std;
  const auto channels = static_cast<size_t>(data.channels());
  if (preprocessing.mean.size() != channels || preprocessing.std.size() != channels) {
    throw UsageError("expected " + std::to_string(channels) + " numbers, one a channel",
                     "--mean, --std");
  }
  preprocessing.image_size = model.img_size();
  preprocessing.channels = data.channels();
  preprocessing.bit_depth = data.bit_depth();
  if (data.frames() > 1 && !data.patch_size()) preprocessing.stride = data.clip_shape().stride;
  return preprocessing;
}

Provenance make_provenance(const FinetuneJob& job, const FinetuneData& data) {
  Provenance provenance = provenance_of(*data.train);
  if (data.validation) {
    const auto inputs = data.validation->inputs();
    const auto parents = data.validation->parents();
    provenance.inputs.insert(provenance.inputs.end(), inputs.begin(), inputs.end());
    provenance.parents.insert(provenance.parents.end(), parents.begin(), parents.end());
  }
  if (!is_from_scratch(job)) {
    const std::string file = checkpoint_file(job.model);
    add_checkpoint(provenance, file, read_checkpoint_header(file).provenance);
  }
  return provenance;
}

void train(const FinetuneJob& job, PreparedFinetuning& prepared, Progress& progress,
           FinetuneJobReport* report) {
  const Provenance provenance = make_provenance(job, prepared.data);
  prepared.description.provenance = nlohmann::json::parse(provenance.to_json());
  const bool resume =
      job.resume || (job.output.if_changed && is_up_to_date(job.output.path, provenance));
  const GroupOptions peers{job.launch.peer_timeout_s, job.training.device};
  with_processes(job.launch.place, peers, [&](ProcessGroup& group) {
    RunDirectory run(job.output.path, resume, group);
    if (group.is_first())
      log_info("fine-tuning " + std::to_string(report->parameters) + " parameters on " +
               std::to_string(report->samples) + " samples of " +
               std::to_string(prepared.model->num_classes()) + " classes" + processes_text(group));
    Progress silent;
    report->training =
        finetune(*prepared.model, prepared.data, prepared.training, prepared.description, run,
                 group.is_first() ? progress : silent, group);
    report->checkpoint = run.file("checkpoint.safetensors");
  });
}

void evaluate(const FinetuneJob& job, PreparedFinetuning& prepared, Progress& progress,
              FinetuneJobReport* report) {
  set_compute_threads(job.training.threads);
  const at::ScalarType dtype = parse_dtype(job.training.dtype);
  prepared.model->to(open_device(job.training.device),
                     dtype == at::kDouble ? at::kDouble : at::kFloat);
  EvaluationOptions options;
  options.batch_size = job.training.batch_size;
  options.threads = job.training.threads > 0 ? job.training.threads : available_cores();
  options.device = job.training.device;
  options.dtype = job.training.dtype;
  const Preprocessing& preprocessing = prepared.description.preprocessing;
  options.stats = {preprocessing.mean, preprocessing.std};
  const SampleDataset& data = *prepared.data.validation;
  const auto views = view_dataset(prepared.data.validation, job.views, prepared.model->img_size());
  report->evaluation = evaluate_classifier(*prepared.model, views, options, progress);
  if (job.views.count() > 1)
    report->evaluation = merge_views(report->evaluation, job.views.count());
  std::vector<std::string> names;
  for (int64_t i = 0; i < data.size(); ++i) names.push_back(data.name(i));
  const Tensor probabilities = at::softmax(report->evaluation.logits, /*dim=*/1);
  const PredictionTable table{names, report->evaluation.labels, probabilities,
                              prepared.class_names};
  if (!job.predictions.empty()) write_predictions(job.predictions, table, job.output.overwrite);
  if (!job.confusion.empty()) write_confusion(job.confusion, table, job.output.overwrite);
  report->mean_class_accuracy = mean_class_accuracy(table);
  if (!job.class_accuracy.empty()) {
    write_class_accuracy(job.class_accuracy, table, job.output.overwrite);
  }
}

}  // namespace
}  // namespace mae
