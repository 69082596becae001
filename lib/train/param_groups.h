// Which parameters decay and how fast each learns.
#pragma once

#include <torch/csrc/api/include/torch/nn/module.h>

#include <string>
#include <vector>

#include "mae/ops/tensor.h"

namespace mae {

struct ParamGroup {
  std::vector<std::string> names;
  std::vector<Tensor> params;
  double weight_decay = 0.0;
  double lr_scale = 1.0;
};

/// Pretraining's two groups: no decay for one-dimensional parameters and biases, decay for the
/// rest, class and mask token included (spec 1.11). Parameters without requires_grad are left out.
std::vector<ParamGroup> weight_decay_groups(const torch::nn::Module& module, double weight_decay);

/// Fine-tuning's groups: scale layer_decay^(depth + 1 - layer); cls_token, pos_embed and
/// patch_embed are layer 0, block i is layer i + 1, norms and head depth + 1. No decay for
/// one-dimensional parameters, cls_token and pos_embed (spec 3.3).
std::vector<ParamGroup> layer_decay_groups(const torch::nn::Module& module, int64_t depth,
                                           double weight_decay, double layer_decay);

}  // namespace mae
