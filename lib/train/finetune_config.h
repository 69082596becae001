// Fine-tuning's options checked, turned into numbers of batches and steps, and recorded so that a
// resumed run can be compared with how it began.
#pragma once

#include <nlohmann/json.hpp>

#include "mae/train/finetune.h"

namespace mae {

/// Every option that changes a bit of the result, the model's configuration and the digests of the
/// inputs. Device, threads and saving habits are not in it.
nlohmann::json finetune_config(const FinetuneOptions& options, const FinetunePlan& plan,
                               const FinetuneData& data, const Checkpoint& description);

}  // namespace mae
