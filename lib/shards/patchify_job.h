// mae-patchify: pictures from wherever they lie become patch shards.
#pragma once

#include <string>
#include <vector>

#include "mae/base/atomic_file.h"
#include "mae/base/progress.h"
#include "mae/io/shard_division.h"
#include "mae/shards/caption_tokens.h"
#include "mae/shards/fit_image.h"
#include "mae/shards/patch_layout.h"
#include "mae/sources/image_source.h"

namespace mae {

/// How videos are cut into clips.
struct VideoChoice {
  bool wanted = false;  ///< inputs are videos; false: where the first one is (is_video_operand)
  ClipShape shape;      ///< 16 frames, each the fourth
  int64_t per_video = 1;
  int64_t tubelet_size = 2;
};

struct PatchifyJob {
  std::vector<std::string> inputs;  ///< see open_image_source
  SourceOptions source;             ///< range, limit
  std::string output;               ///< "-" for standard output
  Overwrite overwrite = Overwrite::kReplace;
  bool if_changed = false;  ///< do nothing when the output is what this run would write
  bool dry_run = false;     ///< look at the inputs, write nothing
  PatchLayout layout{{224, 224}, {16, 16}, 3, 8};  ///< frames and tubelet_size are set by `video`
  VideoChoice video;
  int64_t resize = kResizeAuto;   ///< see fit_image, for clips evaluation_frame
  bool exif_orientation = false;  ///< turn pictures upright as EXIF says
  std::vector<double> mean,
      std;  ///< one a channel, in [0, 1]; empty: ImageNet's for 3 channels, else 0.5
  bool compute_mean_std = false;  ///< over the samples of this run, instead
  std::string stats_from;         ///< patch shard whose mean and std are taken, instead
  int64_t shard_size = 0;         ///< samples a shard; 0: one shard
  ShardDivision division;         ///< instead: as many shards, made by as many runs (patchify_set.h)
  CaptionOptions captions;        ///< their word pieces are written beside them
  bool skip_bad_images = false;   ///< --on-error skip
  std::string rejects;            ///< file of skipped pictures: path, tab, reason
  int threads = 0;                ///< 0: all cores
};

struct PatchifyReport {
  int64_t samples = 0;  ///< written, or with dry_run found
  int64_t skipped = 0;
  std::vector<std::string> files;  ///< of the output
  bool up_to_date = false;  ///< if_changed found nothing to do; the rest is what the files hold
  int64_t patches = 0, patch_values = 0;  ///< L, P
  int64_t frames = 1, tubelet_size = 1;   ///< of clips
  std::vector<double> mean, std;
};

/// Decodes and resizes on job.threads threads and writes in the order of the inputs: the files are
/// byte-identical for any number of threads. throws UsageError    sizes, statistics or options that
/// do not fit each other
///        DataError     an input is missing or damaged (with skip_bad_images: all of them are)
///        ResourceError
PatchifyReport run_patchify_job(const PatchifyJob& job, Progress& progress);

}  // namespace mae
