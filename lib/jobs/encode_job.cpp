// Divides the samples into shards and encodes those that are not finished yet.
#include "mae/jobs/encode_job.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "mae/base/disk_space.h"
#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/io/shard_index.h"
#include "mae/io/shard_set.h"
#include "mae/jobs/feature_writer.h"
#include "mae/jobs/mask_source.h"
#include "mae/jobs/reject_list.h"

namespace mae {
namespace {

/// A batch between its start and its place in the shard.
struct BatchUnderWay {
  StartedFeatures started;
  MaskList hidden;
};

void check_sharding(const EncodeJob& job);
std::vector<ShardRange> plan_shards(const EncodeJob& job, int64_t samples);
void prepare_set(const EncodeJob& job, const std::vector<ShardRange>& plan,
                 int64_t bytes_per_sample);
void index_set(const EncodeJob& job, const std::vector<ShardRange>& plan);
MaskSource open_masks(const EncodeJob& job, const Inference& inference);
FeatureLayout make_layout(const FeatureRequest& request, const Inference& inference,
                          const MaskSource& masks);
Provenance shard_provenance(const EncodeJob& job, const Inference& inference,
                            const MaskSource& masks);

}  // namespace

EncodeReport run_encode_job(const EncodeJob& job, Progress& progress) {
  check_sharding(job);
  const Inference inference = open_inference(job.inference);
  const FeatureRequest request = settle_request(job.features, *inference.model);
  const MaskSource masks = open_masks(job, inference);
  if (request.maps && masks.hides())
    throw UsageError("feature maps need whole pictures", "--maps", "leave out the masking options");
  const FeatureLayout layout = make_layout(request, inference, masks);
  const std::vector<ShardRange> plan = plan_shards(job, inference.dataset->size());
  const bool is_set = job.division.is_set() || job.shard_size > 0;
  EncodeReport report;
  report.precision = inference.precision;
  log_debug("computing in " + inference.precision);
  bool prepared = false;  // once, and only where something is to be encoded
  const auto prepare = [&] {
    if (!prepared)
      report.compared = prepare_encoder(inference, job.inference, request, job.precision);
    prepared = true;
  };
  if (job.precision.compare) prepare();
  report.embed_dim = layout.shapes.features.size(1);

  const Provenance provenance = shard_provenance(job, inference, masks);
  RejectList rejects(job.rejects);
  if (is_set && !job.output.dry_run) prepare_set(job, plan, bytes_per_sample(layout));
  progress.begin("encode", plan.back().last - plan.front().first, "images");
  for (const ShardRange& shard : plan) {
    if ((is_set || job.output.if_changed) && is_up_to_date(shard.path, provenance)) {
      ++report.up_to_date;
      continue;
    }
    if (job.output.dry_run) {
      log_info("would write " + shard.path + ", samples " + std::to_string(shard.first) + " to " +
               std::to_string(shard.last - 1));
      continue;
    }
    if (is_set) remove_shard_index(job.output.path);
    FeatureWriter writer(shard.path, shard.last - shard.first, layout, job.output.overwrite);
    prepare();  // after what the output may be refused for
    std::optional<BatchUnderWay> under_way;
    const auto finish = [&] {
      const std::vector<int64_t> indices = under_way->started.indices;
      const FeatureBatch features =
          finish_features(inference, request, std::move(under_way->started));
      writer.append(*inference.dataset, indices, features, under_way->hidden);
      report.samples += static_cast<int64_t>(indices.size());
      progress.update(indices.back() + 1 - plan.front().first);
      under_way.reset();
    };
    const auto encode = [&](const ImageBatch& batch) {
      BatchUnderWay next;
      if (masks.hides()) {
        for (const int64_t index : batch.indices) next.hidden.push_back(masks.mask(index));
      }
      next.started = start_features(inference, request, batch, next.hidden);
      if (under_way) finish();  // while a GPU is at work on this batch
      under_way = std::move(next);
      if (inference.device.is_cpu()) finish();
    };
    rejects.add(for_each_batch(inference, job.inference, shard.first, shard.last, encode));
    if (under_way) finish();
    writer.commit(provenance);
    ++report.files;
  }
  progress.end();
  if (is_set && !job.output.dry_run && job.division.is_whole()) index_set(job, plan);
  if (!job.output.dry_run) report.skipped = rejects.write();
  return report;
}

namespace {

/// A size means as many shards as it takes.
ShardDivision settle_division(const EncodeJob& job, int64_t samples) {
  if (job.shard_size == 0) return job.division;
  return {(samples + job.shard_size - 1) / job.shard_size, job.division.shard_index};
}

void check_sharding(const EncodeJob& job) {
  if (job.division.is_set() && job.shard_size > 0) {
    throw UsageError("the number of shards follows from their size; give one of them",
                     "--num-shards, --shard-size");
  }
  if (job.shard_size < 0) throw UsageError("must be positive", "--shard-size");
}

std::vector<ShardRange> plan_shards(const EncodeJob& job, int64_t samples) {
  if (samples == 0) throw DataError("there are no samples", job.inference.inputs.front());
  const ShardDivision division = settle_division(job, samples);
  check_division(division, job.output.path);
  std::vector<ShardRange> plan = divide_samples(division, job.output.path, samples);
  if (job.shard_size == 0) return plan;
  int64_t i = division.is_whole() ? 0 : division.shard_index;
  for (ShardRange& shard : plan) {
    shard.first = i * job.shard_size;
    shard.last = std::min(samples, ++i * job.shard_size);
  }
  return plan;
}

/// Shards that are there already take their room already, finished or not.
void prepare_set(const EncodeJob& job, const std::vector<ShardRange>& plan,
                 int64_t bytes_per_sample) {
  check_set_name(job.output.path);
  sweep_set(job.output.path);
  int64_t bytes = 0;
  for (const ShardRange& shard : plan)
    if (bytes_of_file(shard.path) == 0) bytes += (shard.last - shard.first) * bytes_per_sample;
  require_free_space(job.output.path, bytes, job.output.path);
}

/// Not for job arrays: no member of one knows which comes last, and mae-info --join makes it.
void index_set(const EncodeJob& job, const std::vector<ShardRange>& plan) {
  std::vector<std::string> shards;
  for (const ShardRange& shard : plan) shards.push_back(shard.path);
  write_shard_index(job.output.path, shards);
}

MaskSource open_masks(const EncodeJob& job, const Inference& inference) {
  if (!job.masks.empty() && job.mask_ratio > 0) {
    throw UsageError("masks are read or drawn, not both", "--masks", "leave --mask-ratio out");
  }
  MaskSourceOptions options;
  options.file = job.masks;
  options.allow_input_masks = false;
  options.allow_drawn = job.mask_ratio > 0;
  options.masking = {parse_mask_strategy(job.strategy), job.mask_ratio};
  options.seed = job.seed;
  return MaskSource(options, job.inference.inputs, *inference.dataset,
                    inference.model->mask_grid());
}

FeatureLayout make_layout(const FeatureRequest& request, const Inference& inference,
                          const MaskSource& masks) {
  FeatureLayout layout;
  layout.request = request;
  layout.precision = inference.precision;
  layout.patches = inference.model->mask_grid().tokens();
  layout.shapes = blank_features(inference, request);
  layout.map_strides = inference.model->map_strides();
  layout.with_mask = masks.hides();
  layout.mask_attributes = masks.attributes();
  layout.class_names = inference.dataset->class_names();
  return layout;
}

/// Equal for all shards of a set: which of them is being made is no property of the run.
Provenance shard_provenance(const EncodeJob& job, const Inference& inference,
                            const MaskSource& masks) {
  Provenance provenance = provenance_of(*inference.dataset);
  add_checkpoint(provenance, job.inference.model, inference.checkpoint.provenance);
  for (const std::string& file : masks.files()) add_shard(provenance, ShardReader(file));
  return provenance;
}

}  // namespace
}  // namespace mae
