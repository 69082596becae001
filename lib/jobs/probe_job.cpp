// Reads both sets, trains or searches, writes what was asked for.
#include "mae/jobs/probe_job.h"

#include <ATen/ops/softmax.h>

#include <string>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/eval/lr_sweep.h"
#include "mae/jobs/probe_output.h"
#include "mae/train/device.h"

namespace mae {
namespace {

struct ProbeData {
  FeatureSet train, test;
  int64_t classes = 0;
};

void check_job(const ProbeJob& job);
void check_few_shot_job(const ProbeJob& job);
ProbeData read_data(const ProbeJob& job);
Provenance provenance_of(const ProbeData& data);
void probe_linear(const ProbeJob& job, const ProbeData& data, const Provenance& provenance,
                  Progress& progress, ProbeReport* report);
void probe_knn(const ProbeJob& job, const ProbeData& data, ProbeReport* report);
void probe_few_shot(const ProbeJob& job, const ProbeData& data, Progress& progress,
                    ProbeReport* report);
const std::vector<std::string>& class_names_of(const ProbeData& data);

}  // namespace

ProbeReport run_probe_job(const ProbeJob& job, Progress& progress) {
  check_job(job);
  set_compute_threads(job.threads);
  const ProbeData data = read_data(job);
  const Provenance provenance = provenance_of(data);
  if (is_probe_done(job, provenance)) return saved_report(job.output.path);
  ProbeReport report;
  report.method = job.method;
  report.train_samples = data.train.features.size(0);
  report.test_samples = data.test.features.size(0);
  report.classes = data.classes;
  report.features = data.train.features.size(1);
  const bool few_shot = !job.few_shot.shots.empty();
  if (few_shot) check_few_shot(data.train, data.classes, job.few_shot);
  if (job.output.dry_run) return report;
  if (few_shot) {
    probe_few_shot(job, data, progress, &report);
  } else if (job.method == "knn") {
    probe_knn(job, data, &report);
  } else {
    probe_linear(job, data, provenance, progress, &report);
  }
  return report;
}

namespace {

void check_job(const ProbeJob& job) {
  const bool is_knn = job.method == "knn";
  if (!is_knn && job.method != "linear") {
    throw UsageError("expected linear or knn, got '" + job.method + "'", "--method");
  }
  if (job.train.empty() || job.test.empty()) {
    throw UsageError("a probe needs a training set and a test set", "",
                     "mae-probe TRAIN.h5 TEST.h5, or TRAIN... -- TEST...");
  }
  if (!job.few_shot.shots.empty()) check_few_shot_job(job);
  const bool tables = !job.predictions.empty() || !job.confusion.empty();
  if (is_knn && tables && job.knn.k.size() != 1) {
    throw UsageError("predictions of several k would not fit in one table",
                     "--predictions, --confusion", "give one --k");
  }
  if (is_knn && job.sweep) {
    throw UsageError("k-NN has no learning rate", "--sweep",
                     "use --method linear, or list several --k");
  }
  if (job.output.path.empty()) return;
  if (is_knn) throw UsageError("k-NN has no weights to save", "-o", "use --method linear");
  check_classifier_name(job.output.path);
}

void check_few_shot_job(const ProbeJob& job) {
  if (job.sweep) {
    throw UsageError("a sweep would see more labels than the drawn samples have",
                     "--sweep, --shots", "give --lr instead");
  }
  if (!job.output.path.empty()) {
    throw UsageError("every draw has a classifier of its own; there is no one to save",
                     "-o, --shots", "leave one of them out");
  }
  if (!job.predictions.empty() || !job.confusion.empty()) {
    throw UsageError("predictions of several draws would not fit in one table",
                     "--predictions, --confusion, --shots", "leave --shots out for tables");
  }
}

ProbeData read_data(const ProbeJob& job) {
  ProbeData data;
  data.train = labelled_only(read_features(job.train, job.limit), "training set");
  data.test = labelled_only(read_features(job.test, job.limit), "test set");
  data.classes = class_count(data.train, data.test);
  log_info("probe: " + std::to_string(data.train.features.size(0)) + " training and " +
           std::to_string(data.test.features.size(0)) + " test samples, " +
           std::to_string(data.classes) + " classes, " +
           std::to_string(data.train.features.size(1)) + " features");
  return data;
}

Provenance provenance_of(const ProbeData& data) {
  Provenance provenance = process_provenance();
  for (const FeatureSet* set : {&data.train, &data.test}) {
    provenance.inputs.insert(provenance.inputs.end(), set->inputs.begin(), set->inputs.end());
    provenance.parents.insert(provenance.parents.end(), set->parents.begin(), set->parents.end());
  }
  return provenance;
}

void probe_linear(const ProbeJob& job, const ProbeData& data, const Provenance& provenance,
                  Progress& progress, ProbeReport* report) {
  LinearProbeOptions options = job.linear;
  if (job.sweep) {
    options.lr =
        sweep_learning_rates(data.train, data.classes, options, job.sweep_lr, progress).best_lr;
  }
  const LinearClassifier classifier =
      train_linear_probe(data.train, data.classes, options, progress);
  const Predictions predictions = predict(classifier, data.test, options.batch_norm_eps);
  report->rows.push_back(
      {probe_learning_rate(options, report->train_samples), predictions.top1, predictions.top5});
  write_probe_tables(job, data.test, class_names_of(data),
                     at::softmax(predictions.logits, /*dim=*/1));
  save_classifier(job, classifier, data.train.class_names, provenance, *report);
}

void probe_knn(const ProbeJob& job, const ProbeData& data, ProbeReport* report) {
  const auto results = knn(data.train, data.test, data.classes, job.knn);
  for (size_t i = 0; i < results.size(); ++i) {
    report->rows.push_back({static_cast<double>(job.knn.k[i]), results[i].top1, results[i].top5});
  }
  write_probe_tables(job, data.test, class_names_of(data),
                     normalized_votes(results.front().logits));
}

void probe_few_shot(const ProbeJob& job, const ProbeData& data, Progress& progress,
                    ProbeReport* report) {
  const std::vector<FewShotResult> results =
      job.method == "knn"
          ? few_shot_knn(data.train, data.test, data.classes, job.few_shot, job.knn, progress)
          : few_shot_linear(data.train, data.test, data.classes, job.few_shot, job.linear,
                            progress);
  for (const FewShotResult& result : results) {
    report->rows.push_back(
        {result.setting, result.top1.mean, result.top5, result.shots, result.top1.half_width});
  }
}

const std::vector<std::string>& class_names_of(const ProbeData& data) {
  return data.train.class_names.empty() ? data.test.class_names : data.train.class_names;
}

}  // namespace
}  // namespace mae
