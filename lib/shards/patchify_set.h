// mae-patchify for job arrays: a set of shards, each made by a run of its own over its part of the
// samples, so that it does not matter which process makes which.
#pragma once

#include "mae/shards/patchify_job.h"

namespace mae {

/// One run over some of the samples.
using PatchifyPart = std::function<PatchifyReport(const PatchifyJob& part)>;

/// Makes the shards that job.division asks for with `make_part`, and the index of the set when
/// these are all of them. A shard that is finished, by the digests of its inputs, is left alone.
/// throws UsageError  options that need all samples at once
PatchifyReport patchify_set(const PatchifyJob& job, const PatchifyPart& make_part);

}  // namespace mae
