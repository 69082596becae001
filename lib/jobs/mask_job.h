// mae-mask: which patches of each sample are hidden, as a file that other tools read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mae/base/progress.h"
#include "mae/jobs/job_support.h"

namespace mae {

struct MaskJob {
  std::vector<std::string> inputs;  ///< patch shards, folders of them, index files or "-"
  JobOutput
      output;  ///< a file for one input; a folder for several, one file of the same name for each
  std::string strategy = "random";   ///< "random", "block", "grid", or "file" with a region
  double mask_ratio = 0.75;  ///< ignored by "file"
  int64_t seed = 0;
  std::string from_image;            ///< painted mask, the same for every sample (region_mask.h)
  std::string from_list;             ///< list of patches, the same for every sample
  std::optional<bool> with_patches;  ///< pass all datasets on; unset: when input or output is "-"
};

struct MaskReport {
  int64_t files = 0;  ///< written
  int64_t samples = 0;
  int64_t patches = 0;  ///< a sample
  int64_t visible = 0;  ///< a sample
};

/// Writes /mask (attributes strategy, mask_ratio, seed, grid, and patches_digest when the patches
/// stay behind) with /names, /labels and /class_names. Sample by sample the mask equals what
/// mae-pretrain draws in epoch 0 with the same seed. throws UsageError, DataError, ResourceError
MaskReport run_mask_job(const MaskJob& job, Progress& progress);

}  // namespace mae
