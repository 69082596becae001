// mae-encode: features of pictures from a pretrained encoder, in one file or in a set of shards.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mae/base/progress.h"
#include "mae/io/shard_division.h"
#include "mae/jobs/encoder_precision.h"
#include "mae/jobs/feature_extraction.h"
#include "mae/jobs/job_support.h"

namespace mae {

struct EncodeJob {
  InferenceOptions inference;
  JobOutput output;
  FeatureRequest features;
  PrecisionOptions precision;
  std::string masks;                ///< mask file, else nothing is hidden unless mask_ratio > 0
  double mask_ratio = 0;            ///< in (0, 1): masks are drawn
  std::string strategy = "random";  ///< of drawn masks
  int64_t seed = 0;
  ShardDivision division;  ///< into shards, and which of them this run makes (job arrays)
  int64_t shard_size = 0;  ///< > 0: instead of a number of shards, so many samples each
  std::string rejects;     ///< file for skipped pictures: path, tab, reason
};

struct EncodeReport {
  int64_t files = 0;       ///< written
  int64_t up_to_date = 0;  ///< shards found finished and left alone
  int64_t samples = 0;     ///< encoded in this run
  int64_t skipped = 0;     ///< pictures that could not be read
  int64_t embed_dim = 0;
  std::string precision;  ///< what was computed in
  std::optional<PrecisionReport> compared;
};

/// Shards of a set whose provenance equals this run's are left alone, so that an interrupted job
/// goes on where it stopped; a single file only with if_changed. A shard's contents do not depend
/// on which process makes it. throws UsageError, DataError, ResourceError, NumericError
EncodeReport run_encode_job(const EncodeJob& job, Progress& progress);

}  // namespace mae
