// What was not finite in an optimizer step, in words: found only after one has failed, so that the
// search costs nothing otherwise. Private to train.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mae/data/sample_dataset.h"
#include "mae/models/state_dict.h"
#include "mae/nn/module.h"
#include "mae/train/run_directory.h"

namespace mae {

/// Name of the first tensor with a value that is not finite, in the order of the dictionary.
std::optional<std::string> first_not_finite(const StateDict& tensors);

/// "the gradient of blocks.0.attn.qkv.weight is not finite", the first in the model's order.
std::string describe_bad_gradient(const Module& model);

/// Of a batch whose loss is not finite: its pixels, the weights, or the loss of one sample alone.
/// images          [B, C, H, W]; undefined: of stored pixels, which are finite
/// names           of the B samples
/// loss_of_sample  without gradients, by position in the batch
std::string describe_bad_loss(const Module& model, const Tensor& images,
                              const std::vector<std::string>& names,
                              const std::function<double(int64_t)>& loss_of_sample);

/// Where a step stood.
struct FailedStep {
  std::string what;              ///< from one of the above
  int64_t step = 0;              ///< of the run, counted from 0
  int64_t epoch = 0, batch = 0;  ///< of the (last) micro-batch, counted from 0
  std::vector<std::string> samples;
};

/// "the loss of a.png is not finite in epoch 2, step 7 (batch 3 of the epoch); samples of the step:
/// ..." People count from one.
std::string step_text(const FailedStep& failed);

/// Names of samples by index.
std::vector<std::string> names_of(const SampleDataset& dataset,
                                  const std::vector<int64_t>& indices);

/// throws NumericError, always. tried  what was done about it before, or empty
[[noreturn]] void throw_step_error(const FailedStep& failed, const std::string& tried,
                                   const std::string& run);

}  // namespace mae
