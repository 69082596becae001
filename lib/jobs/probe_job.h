// mae-probe: how much of the classes a frozen encoder's features tell, by a linear layer or by
// nearest neighbours.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/base/progress.h"
#include "mae/eval/few_shot.h"
#include "mae/eval/knn.h"
#include "mae/eval/linear_probe.h"
#include "mae/jobs/job_support.h"

namespace mae {

struct ProbeJob {
  std::vector<std::string> train, test;  ///< feature shards, or patch shards for raw pixels
  std::string method = "linear";         ///< "linear" or "knn"
  LinearProbeOptions linear;
  bool sweep = false;  ///< choose linear.lr on a tenth of the training set
  std::vector<double> sweep_lr{0.1, 0.4, 1.6, 6.4, 25.6};
  KnnOptions knn;
  FewShotOptions few_shot;  ///< with shots: probes of as many training samples a class, repeatedly
  JobOutput output;         ///< the linear classifier, .safetensors; an empty path: not saved
  std::string predictions;  ///< TSV of probabilities (knn: one k only); empty: none
  std::string confusion;    ///< TSV of counts; empty: none
  int64_t limit = 0;        ///< first samples of each set only; 0 = all
  int threads = 1;
};

struct ProbeReport {
  struct Row {
    double setting = 0;          ///< k, or the learning rate
    double top1 = 0, top5 = 0;   ///< per cent of the test samples; few-shot: means over the draws
    int64_t shots = 0;           ///< training samples of each class; 0: all there are
    double top1_half_width = 0;  ///< few-shot: of the 95 % confidence interval; NaN for one draw
  };
  std::string method;
  std::vector<Row> rows;  ///< empty on a dry run
  int64_t train_samples = 0, test_samples = 0, classes = 0;
  int64_t features = 0;  ///< values a sample
};
void to_json(nlohmann::json& json, const ProbeReport& report);
void from_json(const nlohmann::json& json, ProbeReport& report);

/// Samples without a label are left out. A saved classifier holds the tensors of LinearClassifier,
/// the configuration {"model": "linear_probe", ...}, class names and this report.
/// throws UsageError    options that contradict each other, k larger than the training set, a class
///                      with fewer samples than shots
///        DataError     no labels, sets that do not belong together
///        NumericError  a feature or the loss is not finite
ProbeReport run_probe_job(const ProbeJob& job, Progress& progress);

}  // namespace mae
