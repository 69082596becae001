// The options that decide a run's result, recorded in its state and compared when it is resumed.
#pragma once

#include <nlohmann/json.hpp>

#include "mae/train/pretrain.h"

namespace mae {

/// Every option that changes a bit of the result, the model's configuration and the digests of the
/// inputs. Device, threads and saving habits are not in it.
nlohmann::json pretrain_config(const PretrainOptions& options, const PretrainPlan& plan,
                               const PretrainData& data, const Checkpoint& description);

/// throws UsageError  naming the first option that differs, with both values
void check_same_config(const nlohmann::json& begun_with, const nlohmann::json& now,
                       const std::string& run);

}  // namespace mae
