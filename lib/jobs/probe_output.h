// What probes of stored features and of pictures write: the classifier and tables of its
// predictions.
#pragma once

#include <string>
#include <vector>

#include "mae/eval/linear_probe.h"
#include "mae/eval/prediction_file.h"
#include "mae/jobs/probe_job.h"

namespace mae {

/// Throws UsageError unless the name is empty or ends in .safetensors.
void check_classifier_name(const std::string& path);

/// With --if-changed: whether the saved classifier is that of this provenance and the tables that
/// were asked for exist. It keeps its report, so that the same answer can be printed again.
bool is_probe_done(const ProbeJob& job, const Provenance& provenance);

/// The report kept in a saved classifier.
ProbeReport saved_report(const std::string& path);

/// Writes the tables that the job asks for.
/// test           names and labels of the test samples
/// probabilities  [N, K]
void write_probe_tables(const ProbeJob& job, const FeatureSet& test,
                        const std::vector<std::string>& class_names, const Tensor& probabilities);

/// Saves the classifier where the job asks for it: the tensors of LinearClassifier, the
/// configuration {"model": "linear_probe", ...}, class names and the report.
void save_classifier(const ProbeJob& job, const LinearClassifier& classifier,
                     const std::vector<std::string>& class_names, const Provenance& provenance,
                     const ProbeReport& report);

}  // namespace mae
