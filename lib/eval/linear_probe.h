// The published linear probe on stored features: batch normalisation without affine, a linear layer, LARS (MAE, appendix A.1 Table 10; spec 4).
#pragma once

#include "mae/base/progress.h"
#include "mae/eval/feature_set.h"

namespace mae {

struct LinearProbeOptions {
  int64_t epochs = 90;
  double warmup_epochs = 10;
  int64_t batch_size = 16384;      ///< cut to the size of the training set
  double blr = 0.1;                ///< per 256 samples
  double lr = 0;                   ///< absolute; 0: from blr
  double weight_decay = 0;
  double batch_norm_eps = 1e-6;
  uint64_t seed = 0;
};

struct Predictions {
  Tensor logits;                   ///< [N, classes]
  double top1 = 0, top5 = 0;       ///< per cent; top5 is top-min(5, classes)
};

struct LinearClassifier {
  Tensor weight, bias, running_mean, running_var;  ///< "1.weight", "1.bias", "0.running_mean", "0.running_var"
};

LinearClassifier train_linear_probe(const FeatureSet& train, int64_t classes, const LinearProbeOptions& options, Progress& progress);
Predictions predict(const LinearClassifier& classifier, const FeatureSet& test, double batch_norm_eps);

}  // namespace mae
