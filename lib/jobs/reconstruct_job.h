// mae-reconstruct: what a model makes of pictures with hidden patches.
#pragma once

#include <limits>
#include <string>

#include "mae/base/progress.h"
#include "mae/io/shard_division.h"
#include "mae/jobs/inference.h"
#include "mae/jobs/job_support.h"

namespace mae {

struct ReconstructJob {
  InferenceOptions inference;       ///< limit 0: 16 samples for a PNG or HTML page, else all
  JobOutput output;                 ///< its name says what is written (output_kind)
  std::string masks;                ///< mask file; else the input shards' own masks; else drawn
  bool draw_masks = false;          ///< draw even when the input shards have masks
  std::string strategy = "random";  ///< of drawn masks
  double mask_ratio = 0.75;
  bool default_strategy = false, default_mask_ratio = false;  ///< the model's own instead
  double text_mask_ratio = 0.75;  ///< share of a caption's words that is hidden
  int64_t seed = 0;
  std::string patch_stats = "visible";  ///< "truth" or "visible", for models trained on normalised
                                        ///< patches (reconstruction.h)
  std::string rejects;                  ///< file for skipped pictures: path, tab, reason
  ShardDivision division;               ///< of a shard into a set, as mae-encode's (job arrays)
};

/// Means over samples. The pasted picture (hidden patches predicted, the rest original) is compared
/// with the original.
struct ReconstructReport {
  bool up_to_date = false;          ///< nothing was done
  int64_t files = 0, finished = 0;  ///< of a set: written, and found finished and left alone
  int64_t samples = 0;
  int64_t skipped = 0;
  double masked_mse =
      0;  ///< of all hidden pixels, in pixel units (0-255); not a number when nothing is hidden
  double psnr = 0;  ///< dB, over samples that differ from their original
  double ssim = 0;
  double word_accuracy = std::numeric_limits<double>::quiet_NaN();  ///< share of hidden words of
                                                                    ///< captions that were guessed
};

/// throws UsageError, DataError (a checkpoint without a decoder among them), ResourceError,
/// NumericError
ReconstructReport run_reconstruct_job(const ReconstructJob& job, Progress& progress);

}  // namespace mae
