// The table of golden checks: a model family adds itself in its own file with
//   const GoldenCheck kCheck{"conv_mae", check_conv_mae};
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "mae/models/masked_model.h"

namespace mae::test {

using GoldenFunction = std::function<void(const nlohmann::json& test_case)>;

/// Enters `check` under the case's field "model" at program start.
struct GoldenCheck {
  GoldenCheck(const std::string& model, GoldenFunction check);
};

/// The check of a model, or nullptr when none was entered.
const GoldenFunction* find_golden_check(const std::string& model);

/// One string a row of `mask` [B, L], 1 = hidden, against expected["mask"].
void expect_masks(const Tensor& mask, const nlohmann::json& expected);

/// Latent, prediction, loss and gradients of one pretraining pass. `pred` is taken from forward, so
/// models whose published layout differs compare it themselves.
void expect_pretraining(MaskedModel& model, const Tensor& images, const PatchSelection& selection,
                        const nlohmann::json& expected);

/// Features, logits and gradients of a classifier after its weights are filled; `features` [B, D]
/// is what the head sees and `logits` [B, classes] what it gives.
void expect_classification(const Module& model, const Tensor& features,
                           const Tensor& logits, const nlohmann::json& test_case);

}  // namespace mae::test
