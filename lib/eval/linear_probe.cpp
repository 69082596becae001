// One loop for stored features and for those of augmented pictures: an epoch is a permutation and
// a step of the head for each batch.
#include "mae/eval/linear_probe.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/random_stream.h"
#include "mae/eval/probe_head.h"
#include "mae/report/number_text.h"
#include "mae/train/accuracy.h"
#include "mae/train/lr_schedule.h"

namespace mae {
namespace {

constexpr int64_t kPredictedAtOnce = 8192;  // of predict(), so that raw pixels are not copied whole

void check_positive(const std::string& option, double value, bool zero_allowed) {
  if (std::isfinite(value) && (value > 0 || (zero_allowed && value == 0))) return;
  throw UsageError("expected a " +
                       std::string(zero_allowed ? "number of at least 0" : "positive number") +
                       ", got " + std::to_string(value),
                   option);
}

void check_options(const LinearProbeOptions& options) {
  check_positive("--epochs", static_cast<double>(options.epochs), false);
  check_positive("--batch-size", static_cast<double>(options.batch_size), false);
  check_positive("--warmup-epochs", options.warmup_epochs, true);
  check_positive("--lr", options.lr, true);
  check_positive("--blr", options.blr, options.lr > 0);
  check_positive("--weight-decay", options.weight_decay, true);
  if (options.warmup_epochs >= static_cast<double>(options.epochs)) {
    throw UsageError(
        "warm-up must end before the last of the " + std::to_string(options.epochs) + " epochs",
        "--warmup-epochs", "give fewer warm-up epochs or more epochs");
  }
}

Tensor permutation(int64_t n, uint64_t seed, int64_t epoch) {
  const Tensor order = at::empty({n}, at::kLong);
  int64_t* index = order.data_ptr<int64_t>();
  for (int64_t i = 0; i < n; ++i) index[i] = i;
  RandomStream random(seed, "probe_order", static_cast<uint32_t>(epoch));
  for (int64_t i = n - 1; i > 0; --i) std::swap(index[i], index[random.below(i + 1)]);
  return order;
}

}  // namespace

double probe_learning_rate(const LinearProbeOptions& options, int64_t samples) {
  if (options.lr > 0) return options.lr;
  return scaled_lr(options.blr, std::min(options.batch_size, samples));
}

LinearClassifier train_linear_probe(const ProbeBatches& batches, int64_t classes,
                                    const LinearProbeOptions& options, Progress& progress) {
  check_options(options);
  const int64_t batch_size = std::min(options.batch_size, batches.samples);
  const int64_t per_epoch = batches.samples / batch_size;
  LrSchedule schedule;
  schedule.lr = probe_learning_rate(options, batches.samples);
  schedule.min_lr = 0;
  schedule.warmup_epochs = options.warmup_epochs;
  schedule.epochs = static_cast<double>(options.epochs);

  ProbeHeadOptions head_options;
  head_options.features = batches.features;
  head_options.classes = classes;
  head_options.weight_decay = options.weight_decay;
  head_options.batch_norm_eps = options.batch_norm_eps;
  ProbeHead head(head_options);
  head.initialize(options.seed);
  progress.begin("linear probe", options.epochs * per_epoch, "batches");
  for (int64_t epoch = 0; epoch < options.epochs; ++epoch) {
    const Tensor order = permutation(batches.samples, options.seed, epoch);
    double loss = 0;
    int64_t batch = 0;
    const auto learn = [&](Tensor features, const Tensor& labels) {
      check_interrupt();
      const double at =
          static_cast<double>(epoch) + static_cast<double>(batch) / static_cast<double>(per_epoch);
      const double batch_loss = head.step(std::move(features), labels, lr_at(schedule, at));
      loss += batch_loss;
      progress.update(epoch * per_epoch + ++batch, {{"loss", short_text(batch_loss, 4)}});
    };
    batches.each(epoch, order.narrow(0, 0, per_epoch * batch_size), batch_size, learn);
    if (!std::isfinite(loss)) {
      throw NumericError("the loss is not finite in epoch " + std::to_string(epoch), "linear probe",
                         "try a smaller --lr or --blr");
    }
  }
  progress.end();
  return {head.weight.detach(), head.bias.detach(), head.running_mean, head.running_var};
}

LinearClassifier train_linear_probe(const FeatureSet& train, int64_t classes,
                                    const LinearProbeOptions& options, Progress& progress) {
  ProbeBatches batches;
  batches.samples = train.features.size(0);
  batches.features = train.features.size(1);
  batches.each = [&train](int64_t, const Tensor& order, int64_t batch_size,
                          const ProbeBatches::Learn& learn) {
    for (int64_t first = 0; first < order.size(0); first += batch_size) {
      const Tensor rows = order.narrow(0, first, batch_size);
      learn(train.features.index_select(0, rows), train.labels.index_select(0, rows));
    }
  };
  return train_linear_probe(batches, classes, options, progress);
}

Predictions predict(const LinearClassifier& classifier, const FeatureSet& test,
                    double batch_norm_eps) {
  const at::NoGradGuard no_grad;
  const Tensor scale = (classifier.running_var + batch_norm_eps).rsqrt();  // [D]
  std::vector<Tensor> logits;
  const int64_t N = test.features.size(0);
  for (int64_t first = 0; first < N; first += kPredictedAtOnce) {
    const Tensor rows = test.features.narrow(0, first, std::min(kPredictedAtOnce, N - first));
    const Tensor normalized = (rows - classifier.running_mean) * scale;  // [n, D]
    logits.push_back(at::addmm(classifier.bias, normalized, classifier.weight.t()));
  }
  Predictions predictions;
  predictions.logits = at::cat(logits, /*dim=*/0);  // [N, K]
  if (!predictions.logits.isfinite().all().item<bool>()) {
    throw NumericError("a logit is not finite", "linear probe", "try a smaller --lr or --blr");
  }
  const Accuracy accuracy = accuracy_of(label_ranks(predictions.logits, test.labels));
  predictions.top1 = accuracy.top1;
  predictions.top5 = accuracy.top5;
  return predictions;
}

}  // namespace mae
