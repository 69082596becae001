// The linear probe's head and one training step of it, with the gradient of softmax cross-entropy
// written out: no autograd, and any floating type, so that the published vectors can be checked in
// float64.
#pragma once

#include <memory>

#include "mae/train/optimizer.h"

namespace mae {

struct ProbeHeadOptions {
  int64_t features = 0, classes = 0;
  double weight_decay = 0;
  double batch_norm_eps = 1e-6;
  double batch_norm_momentum = 0.1;  ///< weight of the newest batch in the running statistics
  LarsOptions lars;
};

class ProbeHead {
 public:
  /// Zero weights; running mean 0 and variance 1.
  explicit ProbeHead(const ProbeHeadOptions& options, at::ScalarType type = at::kFloat);

  /// weight ~ N(0, 0.01^2) from the stream (seed, "init", 0, its name), bias 0.
  void initialize(uint64_t seed);

  /// One step of LARS. Normalises with the batch's mean and biased variance; the running variance
  /// takes the unbiased one, as BatchNorm1d does.
  /// features  [B, D] of the head's type; overwritten
  /// labels    [B] int64
  /// returns   mean cross-entropy before the step
  double step(Tensor features, const Tensor& labels, double lr);

  Tensor weight, bias;               ///< [K, D], [K]
  Tensor running_mean, running_var;  ///< [D]

 private:
  ProbeHeadOptions options_;
  std::unique_ptr<Optimizer> optimizer_;
};

}  // namespace mae
