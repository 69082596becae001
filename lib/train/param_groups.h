// Which parameters decay and how fast each learns.
#pragma once

#include <string>
#include <vector>

#include "mae/models/classifier.h"
#include "mae/models/masked_model.h"

namespace mae {

struct ParamGroup {
  std::vector<std::string> names;
  std::vector<Tensor> params;
  double weight_decay = 0.0;
  double lr_scale = 1.0;
};

/// Pretraining's two groups: no decay for one-dimensional parameters and biases, decay for the
/// rest, class and mask token included (spec 1.11) unless the model exempts them. Parameters
/// without requires_grad are left out.
std::vector<ParamGroup> weight_decay_groups(const MaskedModel& model, double weight_decay);

/// Fine-tuning's groups: scale layer_decay^(last layer - layer), layers as the classifier counts
/// them (Classifier::layer_id). No decay for one-dimensional parameters and those the classifier
/// exempts (spec 3.3).
std::vector<ParamGroup> layer_decay_groups(const Classifier& classifier, double weight_decay,
                                           double layer_decay);

}  // namespace mae
