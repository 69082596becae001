// The published linear probe: batch normalisation without affine, a linear layer, LARS (MAE,
// appendix A.1 Table 10; spec 4). Features are stored ones, or made batch by batch by the caller
// from augmented pictures.
#pragma once

#include <functional>

#include "mae/base/progress.h"
#include "mae/eval/feature_set.h"

namespace mae {

struct LinearProbeOptions {
  int64_t epochs = 90;
  double warmup_epochs = 10;
  int64_t batch_size = 16384;  ///< cut to the size of the training set
  double blr = 0.1;            ///< per 256 samples of a batch, after the cut
  double lr = 0;               ///< absolute; 0: from blr
  double weight_decay = 0;
  double batch_norm_eps = 1e-6;
  uint64_t seed = 0;
};

struct Predictions {
  Tensor logits;              ///< [N, classes]
  double top1 = 0, top5 = 0;  ///< per cent; top5 is top-min(5, classes)
};

struct LinearClassifier {
  Tensor weight, bias, running_mean,
      running_var;  ///< "1.weight", "1.bias", "0.running_mean", "0.running_var"
};

/// The rate the options mean for a training set of this size: lr, or blr * batch / 256.
double probe_learning_rate(const LinearProbeOptions& options, int64_t samples);

/// Where a probe's batches come from.
struct ProbeBatches {
  int64_t samples = 0, features = 0;
  /// Calls `learn` once for each batch of an epoch, in order. `order` [batches * B] int64 names the
  /// samples; batch i holds the B from i * B on. `learn` takes features [B, D] float32, which it
  /// overwrites, and labels [B] int64, both on the CPU.
  using Learn = std::function<void(Tensor features, const Tensor& labels)>;
  std::function<void(int64_t epoch, const Tensor& order, int64_t batch_size, const Learn& learn)>
      each;
};

/// Trains on all samples, whose labels must be in [0, classes). The rate follows warm-up and cosine
/// by iteration; an epoch is a fresh permutation from (seed, "probe_order", epoch) and its
/// incomplete last batch is left out, as published.
/// throws UsageError   an option out of range
///        NumericError the loss is not finite
///        Interrupted
LinearClassifier train_linear_probe(const ProbeBatches& batches, int64_t classes,
                                    const LinearProbeOptions& options, Progress& progress);

/// The same on stored features.
LinearClassifier train_linear_probe(const FeatureSet& train, int64_t classes,
                                    const LinearProbeOptions& options, Progress& progress);

/// Normalises with the running statistics. Throws NumericError when a logit is not finite.
Predictions predict(const LinearClassifier& classifier, const FeatureSet& test,
                    double batch_norm_eps);

}  // namespace mae
