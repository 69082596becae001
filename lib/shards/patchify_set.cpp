#include "mae/shards/patchify_set.h"

#include "mae/base/error.h"
#include "mae/io/shard_index.h"
#include "mae/io/shard_set.h"

namespace mae {
namespace {

void check_set(const PatchifyJob& job) {
  check_division(job.division, job.output);
  check_set_name(job.output);
  if (job.shard_size > 0)
    throw UsageError("the number of shards follows from their size; give one of them",
                     "--num-shards, --shard-size");
  if (job.compute_mean_std)
    throw UsageError("every shard would get a mean and deviation of its own", "--compute-mean-std",
                     "compute them once over some pictures and give them with --stats-from");
  if (!job.rejects.empty() && job.division.is_whole())
    throw UsageError("a set has a list for each shard", "--rejects",
                     "add --shard-index, one run a shard");
}

}  // namespace

PatchifyReport patchify_set(const PatchifyJob& job, const PatchifyPart& make_part) {
  check_set(job);
  const int64_t samples = open_image_source(job.inputs, job.source)->size();
  PatchifyReport report;
  report.up_to_date = true;
  for (const ShardRange& range : divide_samples(job.division, job.output, samples)) {
    PatchifyJob part = job;
    part.division = {};
    part.output = range.path;
    part.if_changed = true;
    part.source.limit = 0;
    part.source.last = job.source.first + range.last;
    part.source.first = job.source.first + range.first;
    PatchifyReport done = make_part(part);
    // The index would refuse a shard that is made anew.
    if (!done.up_to_date && !job.dry_run) remove_shard_index(job.output);
    done.samples += report.samples;
    done.skipped += report.skipped;
    done.up_to_date = done.up_to_date && report.up_to_date;
    done.files = report.files;
    done.files.push_back(range.path);
    report = done;
  }
  if (job.division.is_whole() && !job.dry_run) write_shard_index(job.output, report.files);
  return report;
}

}  // namespace mae
