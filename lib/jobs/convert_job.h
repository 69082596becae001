// mae-convert: a checkpoint from one layout into another, with a record of every key.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/jobs/job_support.h"
#include "mae/layouts/infer_config.h"
#include "mae/layouts/published_checkpoint.h"

namespace mae {

struct ConvertJob {
  std::string input;  ///< any checkpoint, ours or published
  JobOutput output;
  std::string to;  ///< "mae", "official", "huggingface", "timm"; empty: by the output's name
  ImportHints hints;
  bool encoder_only = false;  ///< leave the decoder out
  int64_t seed = 0;           ///< of tensors that may be missing
};

struct ConvertReport {
  std::string layout;              ///< of the input, in words
  std::vector<KeyRecord> read;     ///< the file's keys to ours
  std::vector<KeyRecord> written;  ///< ours to the output's
  int64_t parameters = 0;
  bool up_to_date = false;  ///< --if-changed found nothing to do; the rest is empty
};

/// throws UsageError, DataError as import_checkpoint and plan_layout; hints for a file of ours
ConvertReport run_convert_job(const ConvertJob& job);

}  // namespace mae
