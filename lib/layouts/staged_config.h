// Configurations of published models with stages (ConvMAE, FastConvMAE, HiViT, MixMIM, UM-MAE on
// PVT and Swin, their classifiers) from the shapes of their tensors. Their names are ours already.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "mae/layouts/infer_config.h"

namespace mae {

/// Nothing when the names are not of such a model; else its configuration and preprocessing. What
/// shapes do not show is what mae-convert wrote beside them, the published sizes, or `hints`.
/// throws DataError   shapes that no such model has
///        UsageError  something that neither file nor sizes say, naming the option
std::optional<InferredConfig> infer_staged_config(const std::map<std::string, TensorInfo>& tensors,
                                                  const OpenedWeights& weights,
                                                  const ImportHints& hints,
                                                  const std::string& where);

}  // namespace mae
