// The split is keyed by sample names: another order or sharding holds out the same samples.
#include "mae/eval/lr_sweep.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>

#include <cmath>
#include <limits>
#include <string>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/base/random_stream.h"
#include "mae/report/number_text.h"

namespace mae {
namespace {

constexpr double kHeldOutShare = 0.1;

Tensor as_indices(std::vector<int64_t>& rows) {
  return at::from_blob(rows.data(), {static_cast<int64_t>(rows.size())}, at::kLong).clone();
}

LrSweepPoint try_rate(const FeatureSet& fit, const FeatureSet& held_out, int64_t classes,
                      const LinearProbeOptions& options, Progress& progress) {
  LrSweepPoint point;
  point.lr = options.lr;
  try {
    const LinearClassifier classifier = train_linear_probe(fit, classes, options, progress);
    const Predictions predictions = predict(classifier, held_out, options.batch_norm_eps);
    point.top1 = predictions.top1;
    point.loss = -at::log_softmax(predictions.logits, /*dim=*/1)
                      .gather(/*dim=*/1, held_out.labels.unsqueeze(1))
                      .mean()
                      .item<double>();
  } catch (const NumericError&) {  // too large a rate is an answer, not a failure
    point.loss = std::numeric_limits<double>::infinity();
  }
  return point;
}

}  // namespace

LrSweep sweep_learning_rates(const FeatureSet& train, int64_t classes,
                             const LinearProbeOptions& options, const std::vector<double>& rates,
                             Progress& progress) {
  if (rates.empty()) throw UsageError("no learning rates to try", "--sweep-lr");
  for (const double rate : rates) {
    if (!(rate > 0) || !std::isfinite(rate)) {
      throw UsageError("expected positive numbers, got " + std::to_string(rate), "--sweep-lr");
    }
  }
  std::vector<int64_t> fit_rows, held_out_rows;
  for (size_t i = 0; i < train.names.size(); ++i) {
    RandomStream random(options.seed, "sweep", 0, sample_id(train.names[i]));
    (random.uniform() < kHeldOutShare ? held_out_rows : fit_rows)
        .push_back(static_cast<int64_t>(i));
  }
  if (fit_rows.empty() || held_out_rows.empty()) {
    throw UsageError(std::to_string(train.names.size()) +
                         " training samples are too few to hold a tenth of them out",
                     "--sweep", "give --lr instead");
  }
  const FeatureSet fit = select_samples(train, as_indices(fit_rows));
  const FeatureSet held_out = select_samples(train, as_indices(held_out_rows));
  LrSweep sweep;
  sweep.held_out = static_cast<int64_t>(held_out_rows.size());
  const LrSweepPoint* best = nullptr;
  sweep.points.reserve(rates.size());
  for (const double rate : rates) {
    LinearProbeOptions tried = options;
    tried.lr = rate;
    sweep.points.push_back(try_rate(fit, held_out, classes, tried, progress));
    const LrSweepPoint& point = sweep.points.back();
    log_info("sweep: lr " + short_text(point.lr) + ", top-1 " + fixed_text(point.top1, 2) +
             ", loss " + short_text(point.loss));
    if (!best || point.top1 > best->top1 || (point.top1 == best->top1 && point.loss < best->loss)) {
      best = &point;
    }
  }
  if (!std::isfinite(best->loss)) {
    throw NumericError("every learning rate of the sweep diverged", "--sweep-lr",
                       "try smaller rates");
  }
  sweep.best_lr = best->lr;
  return sweep;
}

}  // namespace mae
