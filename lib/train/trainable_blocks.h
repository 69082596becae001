// Partial fine-tuning: only the last blocks of the classifier learn (MAE, section 4.3; spec 5).
#pragma once

#include <string>

#include "mae/models/classifier.h"

namespace mae {

/// How many of the last blocks learn, besides the head and the final norm, which always do.
constexpr double kAllBlocks = -1;  ///< everything, position table and patch embedding included

/// "all", "0", "0.5" (the MLP of the last block and its norm), "1", "2", ...; UsageError otherwise.
double parse_train_blocks(const std::string& text);

/// Switches requires_grad of every parameter and lets the frozen blocks run without autograd. All
/// blocks by number is the same as kAllBlocks. Stochastic depth still acts on learning blocks only.
/// throws UsageError  more blocks than the model has
void train_last_blocks(Classifier& model, double blocks);

}  // namespace mae
