// A classifier's answers on a data set, in order, without augmentation.
#pragma once

#include <memory>
#include <string>

#include "mae/base/progress.h"
#include "mae/data/sample_dataset.h"
#include "mae/models/classifier.h"
#include "mae/train/process_group.h"

namespace mae {

struct EvaluationOptions {
  int64_t batch_size = 64;
  int threads = 1;                ///< that read and prepare pictures
  std::string device = "cpu";     ///< where the model lies
  std::string dtype = "float32";  ///< the model's own type, or bfloat16 for autocast
  PixelStats stats;               ///< how pixels are normalised
};

struct ClassifierEvaluation {
  Tensor logits;              ///< [N, K] float32 on the CPU
  Tensor labels;              ///< [N] int64
  int64_t labelled = 0;       ///< samples whose label is known; the figures below are theirs
  double loss = 0;            ///< mean cross-entropy; NaN without labels, as are:
  double top1 = 0, top5 = 0;  ///< per cent
};

/// Pictures are prepared by the published evaluation: short side, central crop of the model's size.
/// Every sample counts once. (differs from the published script, which averages the loss over
/// batches and so gives the samples of a short last batch more weight.)
/// throws DataError     a label outside the model's classes
///        NumericError  a logit is not finite
///        Interrupted
ClassifierEvaluation evaluate_classifier(Classifier& model,
                                         std::shared_ptr<const SampleDataset> dataset,
                                         const EvaluationOptions& options, Progress& progress);

/// The same of this process's part of the samples; nothing is labelled in an empty one.
ClassifierEvaluation evaluate_part(Classifier& model, std::shared_ptr<const SampleDataset> dataset,
                                   const EvaluationOptions& options, Progress& progress,
                                   const ProcessGroup& group);

/// The figures of all parts, as of one evaluation; logits and labels stay those of this part.
ClassifierEvaluation join_evaluations(const ClassifierEvaluation& part, ProcessGroup& group);

/// One answer a sample from those of its `count` views, which lie one after the other: the mean of
/// their probabilities, whose logarithms the result has as logits (spec 7.7).
ClassifierEvaluation merge_views(const ClassifierEvaluation& views, int64_t count);

}  // namespace mae
