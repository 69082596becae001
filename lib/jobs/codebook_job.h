// mae-codebook: a basis or a codebook of the patches of shards, for mae-pretrain --target pca and
// tokens (MAE, Table 1d).
#pragma once

#include <string>
#include <vector>

#include "mae/base/progress.h"
#include "mae/jobs/job_support.h"
#include "mae/ops/tensor.h"

namespace mae {

struct CodebookJob {
  std::vector<std::string> inputs;  ///< patch shards, folders of them, index files or "-"
  JobOutput output;
  std::string method = "pca";     ///< "pca" or "kmeans"
  int64_t components = 96;        ///< of pca; the paper's number
  int64_t codes = 512;            ///< of kmeans
  int64_t iterations = 100;       ///< most passes of kmeans
  int64_t samples = 100000;       ///< most patches to fit on; 0 = all
  std::vector<double> mean, std;  ///< of pixels, in units of [0, 1]; empty: the shard's
  int64_t seed = 0;
  int threads = 1;  ///< never changes a result
};

struct CodebookReport {
  bool up_to_date = false;  ///< nothing was done
  int64_t samples = 0;      ///< patches fitted on
  int64_t size = 0;         ///< components or codes
  int64_t values = 0;       ///< numbers of a patch
  /// Share of the patches' variance that is left when a patch is replaced by what its components,
  /// or its code, say.
  double explained_variance = 0;
  double inertia = 0;  ///< of kmeans: mean squared distance of a patch to its code
  int64_t iterations = 0;
  bool converged = true;
};

/// At most `samples` patches (0: all) as the model sees them, [N, P] float32, and always the same
/// ones: pictures are drawn by stream (seed, "codebook", 0, sample), patches of a picture by (seed,
/// "codebook", 1, sample). Each picture gives equally many, or one more. Pictures are read in order
/// and one at a time; only what was drawn is held.
Tensor draw_patches(const SampleDataset& dataset, const PixelStats& stats, int64_t samples,
                    uint64_t seed, int threads, Progress& progress);

/// throws UsageError (method; more components or codes than there can be), DataError (inputs are no
/// patch shards), ResourceError, Interrupted
CodebookReport run_codebook_job(const CodebookJob& job, Progress& progress);

}  // namespace mae
