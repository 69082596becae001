// One pass in order; figures are computed once at the end, from all logits.
#include "mae/train/classifier_evaluation.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/softmax.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/data/batch_loader.h"
#include "mae/data/subset_dataset.h"
#include "mae/train/accuracy.h"
#include "mae/train/device.h"

namespace mae {
namespace {

LoaderOptions evaluation_loader(const Classifier& model, const EvaluationOptions& options) {
  LoaderOptions loader;
  loader.batch_size = options.batch_size;
  loader.threads = options.threads;
  loader.augment.augment = Augment::kNone;
  loader.augment.img_size = model.img_size();
  loader.stats = options.stats;
  return loader;
}

void add_figures(ClassifierEvaluation* evaluation) {
  const Tensor known = evaluation->labels.ge(0).nonzero().flatten();
  evaluation->labelled = known.numel();
  if (known.numel() == 0) {
    evaluation->loss = evaluation->top1 = evaluation->top5 =
        std::numeric_limits<double>::quiet_NaN();
    return;
  }
  const Tensor labels = evaluation->labels.index_select(0, known);
  const Tensor logits = evaluation->logits.index_select(0, known);
  const int64_t largest = labels.max().item<int64_t>();
  if (largest >= logits.size(1)) {
    throw DataError("label " + std::to_string(largest) + " is not one of the model's " +
                        std::to_string(logits.size(1)) + " classes",
                    "--val");
  }
  evaluation->loss = -at::log_softmax(logits.to(at::kDouble), /*dim=*/1)
                          .gather(/*dim=*/1, labels.unsqueeze(1))
                          .mean()
                          .item<double>();
  const Accuracy accuracy = accuracy_of(label_ranks(logits, labels));
  evaluation->top1 = accuracy.top1;
  evaluation->top5 = accuracy.top5;
}

}  // namespace

ClassifierEvaluation evaluate_classifier(Classifier& model,
                                         std::shared_ptr<const SampleDataset> dataset,
                                         const EvaluationOptions& options, Progress& progress) {
  const at::NoGradGuard no_grad;
  const c10::Device device = open_device(options.device);
  const at::ScalarType dtype = parse_dtype(options.dtype);
  const at::ScalarType input = dtype == at::kDouble ? at::kDouble : at::kFloat;
  const int64_t samples = dataset->size();
  BatchLoader loader(std::move(dataset), evaluation_loader(model, options));
  loader.start_epoch(0);
  progress.begin("evaluate", samples, "images");
  std::vector<Tensor> logits, labels;
  int64_t done = 0;
  while (const auto batch = loader.next()) {
    check_interrupt();
    const AutocastGuard autocast(device, dtype);
    logits.push_back(model.forward(batch->images.to(device, input)).to(at::kCPU, at::kFloat));
    labels.push_back(batch->labels);
    done += batch->labels.numel();
    progress.update(done);
  }
  progress.end();
  ClassifierEvaluation evaluation;
  evaluation.logits = at::cat(logits, /*dim=*/0);
  evaluation.labels = at::cat(labels, /*dim=*/0);
  if (!evaluation.logits.isfinite().all().item<bool>()) {
    throw NumericError("a logit is not finite", "evaluation",
                       "try --dtype float32; look at the checkpoint with mae-info");
  }
  add_figures(&evaluation);
  return evaluation;
}

ClassifierEvaluation evaluate_part(Classifier& model, std::shared_ptr<const SampleDataset> dataset,
                                   const EvaluationOptions& options, Progress& progress,
                                   const ProcessGroup& group) {
  if (group.is_alone()) return evaluate_classifier(model, std::move(dataset), options, progress);
  const int64_t first = dataset->size() * group.rank() / group.size();
  const int64_t last = dataset->size() * (group.rank() + 1) / group.size();
  if (first == last) return {};
  std::vector<int64_t> own(static_cast<size_t>(last - first));
  std::iota(own.begin(), own.end(), first);
  return evaluate_classifier(model, subset_dataset(std::move(dataset), std::move(own)), options,
                             progress);
}

ClassifierEvaluation join_evaluations(const ClassifierEvaluation& part, ProcessGroup& group) {
  if (group.is_alone()) return part;
  const auto labelled = static_cast<double>(part.labelled);
  std::vector<double> sums(4, 0.0);
  if (part.labelled > 0)
    sums = {part.loss * labelled, part.top1 * labelled, part.top5 * labelled, labelled};
  sums = group.sum(sums);
  ClassifierEvaluation whole = part;
  whole.labelled = static_cast<int64_t>(sums[3]);
  whole.loss = sums[0] / sums[3];  // not a number without labels
  whole.top1 = sums[1] / sums[3];
  whole.top5 = sums[2] / sums[3];
  return whole;
}

ClassifierEvaluation merge_views(const ClassifierEvaluation& views, int64_t count) {
  ClassifierEvaluation merged;
  const Tensor probabilities = at::softmax(views.logits.to(at::kDouble), /*dim=*/1);  // [N * V, K]
  merged.logits = probabilities.unflatten(0, {-1, count}).mean(/*dim=*/1).log().to(at::kFloat);
  merged.labels = views.labels.unflatten(0, {-1, count}).select(/*dim=*/1, 0);
  add_figures(&merged);
  return merged;
}

}  // namespace mae
