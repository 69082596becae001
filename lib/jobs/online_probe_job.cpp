// Opens encoder and pictures, feeds augmented features to the probe's own loop, judges it.
#include "mae/jobs/online_probe_job.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/log.h"
#include "mae/base/size2d.h"
#include "mae/data/subset_dataset.h"
#include "mae/jobs/feature_extraction.h"
#include "mae/jobs/labelled_pictures.h"
#include "mae/jobs/probe_output.h"

namespace mae {
namespace {

constexpr int64_t kEncodedAtOnce = 64;  // pictures; the probe's batches may be thousands

/// Everything that is known before training starts.
struct PreparedProbe {
  Inference encoder;
  Pool pool = Pool::kCls;
  LabelledPictures train, test;
  int64_t classes = 0;
  Provenance provenance;
};

void check_job(const ProbeJob& job, const OnlineProbe& online);
PreparedProbe prepare(const ProbeJob& job, const OnlineProbe& online);
InferenceOptions inference_options(const ProbeJob& job, const OnlineProbe& online,
                                   const std::vector<std::string>& inputs);
std::shared_ptr<const SampleDataset> open_test_pictures(const InferenceOptions& options,
                                                        const MaskedModel& model);
LabelledPictures labelled_part(const std::shared_ptr<const SampleDataset>& dataset,
                               const std::string& name);
Provenance make_provenance(const OnlineProbe& online, const SampleDataset& train,
                           const SampleDataset& test);
ProbeBatches augmented_batches(const PictureEncoder& encoder, const LabelledPictures& train,
                               const AugmentOptions& augment, uint64_t seed);

}  // namespace

ProbeReport run_online_probe(const ProbeJob& job, const OnlineProbe& online, Progress& progress) {
  check_job(job, online);
  PreparedProbe prepared = prepare(job, online);
  if (is_probe_done(job, prepared.provenance)) return saved_report(job.output.path);
  MaskedModel& model = *prepared.encoder.model;
  ProbeReport report;
  report.method = "online";
  report.train_samples = prepared.train.pictures->size();
  report.test_samples = prepared.test.pictures->size();
  report.classes = prepared.classes;
  report.features = model.embed_dim();
  if (job.output.dry_run) return report;

  const PictureEncoder encoder{model,          {prepared.encoder.device, prepared.encoder.dtype},
                               prepared.pool,  prepared.encoder.stats,
                               kEncodedAtOnce, job.threads,
                               "--online",     "try --dtype float32"};
  // On the heap: gcc 12 takes a copy on the stack for one that is used before it is made.
  const auto augment = std::make_unique<AugmentOptions>(online.augment);
  augment->img_size = model.img_size();
  const LinearClassifier classifier =
      train_linear_probe(augmented_batches(encoder, prepared.train, *augment, job.linear.seed),
                         prepared.classes, job.linear, progress);
  FeatureSet& test = prepared.test.set;
  progress.begin("evaluate", report.test_samples, "images");
  test.features = encode_pictures(encoder, prepared.test.pictures,
                                  [&](int64_t done) { progress.update(done); });
  progress.end();
  const Predictions predictions = predict(classifier, test, job.linear.batch_norm_eps);
  report.rows.push_back(
      {probe_learning_rate(job.linear, report.train_samples), predictions.top1, predictions.top5});
  const auto& class_names =
      prepared.train.set.class_names.empty() ? test.class_names : prepared.train.set.class_names;
  write_probe_tables(job, test, class_names, at::softmax(predictions.logits, /*dim=*/1));
  save_classifier(job, classifier, class_names, prepared.provenance, report);
  return report;
}

namespace {

void check_job(const ProbeJob& job, const OnlineProbe& online) {
  if (online.model.empty()) {
    throw UsageError("the online probe needs the encoder", "--online", "add --model CKPT");
  }
  if (job.method != "linear" || job.sweep || !job.few_shot.shots.empty()) {
    throw UsageError("only one linear layer learns online", "--online",
                     "for k-NN, sweeps and few shots store features with mae-encode first");
  }
  if (job.train.empty() || job.test.empty()) {
    throw UsageError("a probe needs a training set and a test set", "",
                     "mae-probe --online --model CKPT TRAIN TEST, or TRAIN... -- TEST...");
  }
  check_classifier_name(job.output.path);
  const RandomCropOptions& crop = online.augment.crop;
  if (!(crop.min_scale > 0 && crop.min_scale <= crop.max_scale && crop.max_scale <= 1)) {
    throw UsageError("expected two numbers above 0, the first not above the second, up to 1",
                     "--crop-scale");
  }
}

PreparedProbe prepare(const ProbeJob& job, const OnlineProbe& online) {
  PreparedProbe prepared;
  prepared.encoder = open_inference(inference_options(job, online, job.train));
  const auto test =
      open_test_pictures(inference_options(job, online, job.test), *prepared.encoder.model);
  FeatureRequest request;
  request.pool = online.pool;
  prepared.pool = *settle_request(request, *prepared.encoder.model).pool;
  prepared.train = labelled_part(prepared.encoder.dataset, job.train.front());
  prepared.test = labelled_part(test, job.test.front());
  prepared.classes = class_count(prepared.train.set, prepared.test.set);
  prepared.provenance = make_provenance(online, *prepared.encoder.dataset, *test);
  log_info("online probe: " + std::to_string(prepared.train.pictures->size()) + " training and " +
           std::to_string(prepared.test.pictures->size()) + " test pictures, " +
           std::to_string(prepared.classes) + " classes, " + pool_name(prepared.pool) +
           " pooling of " + std::to_string(prepared.encoder.model->embed_dim()) + " features");
  return prepared;
}

InferenceOptions inference_options(const ProbeJob& job, const OnlineProbe& online,
                                   const std::vector<std::string>& inputs) {
  InferenceOptions options;
  options.model = online.model;
  options.inputs = inputs;
  options.limit = job.limit;
  options.image_size = online.image_size;
  options.exif_orientation = online.exif_orientation;
  options.channels_policy = online.channels_policy;
  options.device = online.device;
  options.dtype = online.dtype;
  options.threads = job.threads;
  return options;
}

/// Fitted to the encoder as the training pictures are; the second copy of the encoder is dropped.
std::shared_ptr<const SampleDataset> open_test_pictures(const InferenceOptions& options,
                                                        const MaskedModel& model) {
  const Inference test = open_inference(options);
  if (test.model->img_size() != model.img_size()) {
    throw DataError("the pictures are " + size_text(test.model->img_size()) + "; expected " +
                        size_text(model.img_size()) + " as in training",
                    options.inputs.front(), "make both shards with one --image-size");
  }
  return test.dataset;
}

LabelledPictures labelled_part(const std::shared_ptr<const SampleDataset>& dataset,
                               const std::string& name) {
  std::vector<int64_t> rows = labelled_samples(*dataset);
  if (rows.empty()) {
    throw DataError("no picture has a label", name,
                    "make the shard from class folders or a table with a label column");
  }
  const int64_t left_out = dataset->size() - static_cast<int64_t>(rows.size());
  if (left_out > 0) {
    log_info(name + ": " + std::to_string(left_out) + " pictures without a label are left out");
  }
  return choose_pictures(dataset, std::move(rows), name);
}

Provenance make_provenance(const OnlineProbe& online, const SampleDataset& train,
                           const SampleDataset& test) {
  Provenance provenance = provenance_of(train);
  for (const Provenance::Input& input : test.inputs()) provenance.inputs.push_back(input);
  for (const nlohmann::json& parent : test.parents()) provenance.parents.push_back(parent);
  const std::string file = checkpoint_file(online.model);
  add_checkpoint(provenance, file, read_checkpoint_header(file).provenance);
  return provenance;
}

/// Features come in the encoder's batches and leave in the probe's, whatever their sizes.
ProbeBatches augmented_batches(const PictureEncoder& encoder, const LabelledPictures& train,
                               const AugmentOptions& augment, uint64_t seed) {
  ProbeBatches batches;
  batches.samples = train.pictures->size();
  batches.features = encoder.model.embed_dim();
  batches.each = [=, &train](int64_t epoch, const Tensor& order, int64_t batch_size,
                             const ProbeBatches::Learn& learn) {
    const int64_t* rows = order.data_ptr<int64_t>();
    LoaderOptions loading = evaluation_loading(encoder);
    loading.augment = augment;
    loading.seed = seed;
    BatchLoader loader(subset_dataset(train.pictures, {rows, rows + order.size(0)}), loading);
    loader.start_epoch(static_cast<uint32_t>(epoch));
    const Tensor features = at::empty({batch_size, encoder.model.embed_dim()}, at::kFloat);
    const Tensor labels = at::empty({batch_size}, at::kLong);
    int64_t filled = 0;
    while (const std::optional<Batch> batch = loader.next()) {
      check_interrupt();
      const Tensor encoded = encode_batch(encoder, *batch);  // [b, D]
      for (int64_t used = 0; used < encoded.size(0);) {
        const int64_t count = std::min(encoded.size(0) - used, batch_size - filled);
        features.narrow(/*dim=*/0, filled, count).copy_(encoded.narrow(0, used, count));
        labels.narrow(/*dim=*/0, filled, count).copy_(batch->labels.narrow(0, used, count));
        used += count;
        filled += count;
        if (filled < batch_size) break;
        learn(features, labels);
        filled = 0;
      }
    }
  };
  return batches;
}

}  // namespace
}  // namespace mae
