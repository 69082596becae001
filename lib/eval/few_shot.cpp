// Draws, hands the drawn samples to a probe, averages.
#include "mae/eval/few_shot.h"

#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <functional>
#include <string>

#include "mae/base/error.h"
#include "mae/base/random_stream.h"
#include "mae/train/lr_schedule.h"

namespace mae {
namespace {

/// What one probe says of the test set, one entry for each of its settings.
struct ProbeOutcome {
  double setting = 0, top1 = 0, top5 = 0;
};
using Probe = std::function<std::vector<ProbeOutcome>(const FeatureSet& drawn)>;

std::vector<FewShotResult> measure(const FeatureSet& train, int64_t classes,
                                   const FewShotOptions& few, const Probe& probe,
                                   Progress& progress);
std::vector<std::vector<int64_t>> rows_of_classes(const FeatureSet& train, int64_t classes,
                                                  int64_t shots);
void drop_constant_features(const FeatureSet& drawn, LinearClassifier* classifier);

}  // namespace

void check_few_shot(const FeatureSet& train, int64_t classes, const FewShotOptions& options) {
  if (options.shots.empty()) throw UsageError("no number of samples given", "--shots");
  for (const int64_t shots : options.shots) {
    if (shots < 1) {
      throw UsageError("expected numbers of at least 1, got " + std::to_string(shots), "--shots");
    }
  }
  if (options.repeats < 1) {
    throw UsageError("expected at least 1, got " + std::to_string(options.repeats), "--repeats");
  }
  rows_of_classes(train, classes, *std::max_element(options.shots.begin(), options.shots.end()));
}

Tensor draw_shots(const FeatureSet& train, int64_t classes, int64_t shots, uint64_t seed,
                  uint32_t repeat) {
  std::vector<uint64_t> key(train.names.size());
  for (size_t i = 0; i < key.size(); ++i) {
    RandomStream random(seed, "shots", repeat, sample_id(train.names[i]));
    key[i] = uint64_t{random.next_u32()} << 32;
    key[i] |= random.next_u32();
  }
  const auto is_before = [&](int64_t a, int64_t b) {
    const auto i = static_cast<size_t>(a), j = static_cast<size_t>(b);
    if (key[i] != key[j]) return key[i] < key[j];
    return train.names[i] != train.names[j] ? train.names[i] < train.names[j] : a < b;
  };
  const Tensor drawn = at::empty({classes * shots}, at::kLong);
  int64_t* out = drawn.data_ptr<int64_t>();
  for (std::vector<int64_t>& rows : rows_of_classes(train, classes, shots)) {
    const auto end = rows.begin() + static_cast<std::ptrdiff_t>(shots);
    std::partial_sort(rows.begin(), end, rows.end(), is_before);
    out = std::copy(rows.begin(), end, out);
  }
  return drawn;
}

std::vector<FewShotResult> few_shot_knn(const FeatureSet& train, const FeatureSet& test,
                                        int64_t classes, const FewShotOptions& few,
                                        const KnnOptions& options, Progress& progress) {
  const auto probe = [&](const FeatureSet& drawn) {
    KnnOptions limited = options;
    for (int64_t& k : limited.k) k = std::min(k, drawn.features.size(0));
    const std::vector<Predictions> predictions = knn(drawn, test, classes, limited);
    std::vector<ProbeOutcome> outcomes;
    for (size_t i = 0; i < predictions.size(); ++i) {
      outcomes.push_back(
          {static_cast<double>(limited.k[i]), predictions[i].top1, predictions[i].top5});
    }
    return outcomes;
  };
  return measure(train, classes, few, probe, progress);
}

std::vector<FewShotResult> few_shot_linear(const FeatureSet& train, const FeatureSet& test,
                                           int64_t classes, const FewShotOptions& few,
                                           const LinearProbeOptions& options, Progress& progress) {
  LinearProbeOptions rated = options;
  if (!(rated.lr > 0)) rated.lr = scaled_lr(options.blr, options.batch_size);
  const auto probe = [&](const FeatureSet& drawn) {
    Progress silent;  // thirty bars of a moment each would only flicker
    LinearClassifier classifier = train_linear_probe(drawn, classes, rated, silent);
    drop_constant_features(drawn, &classifier);
    const Predictions predictions = predict(classifier, test, rated.batch_norm_eps);
    return std::vector<ProbeOutcome>{{rated.lr, predictions.top1, predictions.top5}};
  };
  return measure(train, classes, few, probe, progress);
}

namespace {

std::vector<FewShotResult> measure(const FeatureSet& train, int64_t classes,
                                   const FewShotOptions& few, const Probe& probe,
                                   Progress& progress) {
  check_few_shot(train, classes, few);
  std::vector<FewShotResult> results;
  int64_t done = 0;
  progress.begin("few-shot probes", static_cast<int64_t>(few.shots.size()) * few.repeats, "draws");
  for (const int64_t shots : few.shots) {
    std::vector<std::vector<ProbeOutcome>> draws;
    for (int64_t repeat = 0; repeat < few.repeats; ++repeat) {
      const Tensor rows =
          draw_shots(train, classes, shots, few.seed, static_cast<uint32_t>(repeat));
      draws.push_back(probe(select_samples(train, rows)));
      progress.update(++done);
    }
    for (size_t setting = 0; setting < draws.front().size(); ++setting) {
      std::vector<double> top1, top5;
      for (const std::vector<ProbeOutcome>& draw : draws) {
        top1.push_back(draw[setting].top1);
        top5.push_back(draw[setting].top5);
      }
      results.push_back(
          {shots, draws.front()[setting].setting, mean_interval(top1), mean_interval(top5).mean});
    }
  }
  progress.end();
  return results;
}

/// The rows of each class, of which there must be `shots`.
std::vector<std::vector<int64_t>> rows_of_classes(const FeatureSet& train, int64_t classes,
                                                  int64_t shots) {
  std::vector<std::vector<int64_t>> rows(static_cast<size_t>(classes));
  const Tensor labels = train.labels.contiguous();
  const int64_t* label = labels.data_ptr<int64_t>();
  for (int64_t i = 0; i < labels.numel(); ++i) {
    rows[static_cast<size_t>(label[i])].push_back(i);
  }
  for (size_t c = 0; c < rows.size(); ++c) {
    if (static_cast<int64_t>(rows[c].size()) >= shots) continue;
    const std::string name =
        c < train.class_names.size() ? " (" + printable(train.class_names[c]) + ")" : "";
    throw UsageError("class " + std::to_string(c) + name + " has " +
                         std::to_string(rows[c].size()) + " training samples, fewer than " +
                         std::to_string(shots),
                     "--shots", "draw fewer, or give more training samples of this class");
  }
  return rows;
}

/// Such a feature was zero in training, behind the normalisation, so that its weights are still the
/// random ones they began with.
void drop_constant_features(const FeatureSet& drawn, LinearClassifier* classifier) {
  const Tensor varies =
      at::amax(drawn.features, /*dim=*/0).gt(at::amin(drawn.features, /*dim=*/0));  // [D]
  classifier->weight = classifier->weight * varies;                                 // [K, D]
}

}  // namespace
}  // namespace mae
