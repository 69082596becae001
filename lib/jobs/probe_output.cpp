// A classifier is a checkpoint of its own kind, so that mae-info and other programs can read it.
#include "mae/jobs/probe_output.h"

#include <filesystem>

#include "mae/base/error.h"
#include "mae/models/checkpoint.h"

namespace mae {

// Reports are kept in saved classifiers, which probes of drawn samples do not make: no shots here.
void to_json(nlohmann::json& json, const ProbeReport& report) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& row : report.rows) rows.push_back({row.setting, row.top1, row.top5});
  json = {{"method", report.method},
          {"rows", rows},
          {"train_samples", report.train_samples},
          {"test_samples", report.test_samples},
          {"classes", report.classes},
          {"features", report.features}};
}

void from_json(const nlohmann::json& json, ProbeReport& report) {
  report.method = json.at("method").get<std::string>();
  report.rows.clear();
  for (const nlohmann::json& row : json.at("rows")) {
    report.rows.push_back(
        {row.at(0).get<double>(), row.at(1).get<double>(), row.at(2).get<double>()});
  }
  report.train_samples = json.at("train_samples").get<int64_t>();
  report.test_samples = json.at("test_samples").get<int64_t>();
  report.classes = json.at("classes").get<int64_t>();
  report.features = json.at("features").get<int64_t>();
}

void check_classifier_name(const std::string& path) {
  if (path.empty() || std::filesystem::path(path).extension() == ".safetensors") return;
  throw UsageError("a classifier is saved as safetensors", path, "end the name in .safetensors");
}

bool is_probe_done(const ProbeJob& job, const Provenance& provenance) {
  if (!job.output.if_changed || job.output.path.empty()) return false;
  std::error_code ignored;
  for (const std::string& table : {job.predictions, job.confusion}) {
    if (!table.empty() && !std::filesystem::exists(table, ignored)) return false;
  }
  return is_up_to_date(job.output.path, provenance);
}

ProbeReport saved_report(const std::string& path) {
  return read_checkpoint_header(path).extra.at("report").get<ProbeReport>();
}

void write_probe_tables(const ProbeJob& job, const FeatureSet& test,
                        const std::vector<std::string>& class_names, const Tensor& probabilities) {
  const PredictionTable table{test.names, test.labels, probabilities, class_names};
  if (!job.predictions.empty()) write_predictions(job.predictions, table, job.output.overwrite);
  if (!job.confusion.empty()) write_confusion(job.confusion, table, job.output.overwrite);
}

void save_classifier(const ProbeJob& job, const LinearClassifier& classifier,
                     const std::vector<std::string>& class_names, const Provenance& provenance,
                     const ProbeReport& report) {
  if (job.output.path.empty()) return;
  Checkpoint checkpoint;
  checkpoint.config = {{"model", "linear_probe"},
                       {"features", report.features},
                       {"num_classes", report.classes},
                       {"batch_norm_eps", job.linear.batch_norm_eps}};
  // It reads features, not pixels: nothing is prepared.
  checkpoint.preprocessing.image_size = {};
  checkpoint.preprocessing.channels = 1;
  checkpoint.preprocessing.mean = {0};
  checkpoint.preprocessing.std = {1};
  checkpoint.provenance = nlohmann::json::parse(provenance.to_json());
  checkpoint.extra = {{"class_names", class_names}, {"report", report}};
  checkpoint.tensors = {{"0.running_mean", classifier.running_mean},
                        {"0.running_var", classifier.running_var},
                        {"1.weight", classifier.weight},
                        {"1.bias", classifier.bias}};
  write_checkpoint(job.output.path, checkpoint, job.output.overwrite);
}

}  // namespace mae
