#include "mae/shards/patchify_job.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/log.h"
#include "mae/base/parallel.h"
#include "mae/io/shard_reader.h"
#include "mae/media/frame_resize.h"
#include "mae/shards/patch_shards.h"
#include "mae/shards/patchify_set.h"
#include "mae/shards/pixel_statistics.h"
#include "mae/sources/clip_source.h"

namespace mae {
namespace {

/// One sample on its way from a worker to the writer; without patches it was rejected for `reason`.
struct Prepared {
  std::vector<uint8_t> patches;
  PixelSums sums;
  std::string digest, reason;
};

struct Reject {
  std::string path, reason;
};

/// What a pass over all samples leaves.
struct Outcome {
  std::vector<Provenance::Input> inputs;
  PixelStatistics statistics;
  std::vector<Reject> rejects;
};

PatchifyJob with_clips(PatchifyJob job);
void check_job(const PatchifyJob& job);
PixelMoments chosen_moments(const PatchifyJob& job);
bool is_up_to_date(const std::vector<std::string>& files, const Provenance& provenance);
PatchifyReport report_of_existing(PatchifyReport report);
Provenance make_provenance(const PatchifyJob& job, const std::vector<Provenance::Input>& inputs);
Outcome write_samples(const PatchifyJob& job, const ImageSource& source, PatchShards* shards,
                      Progress& progress);
void write_rejects(const std::string& path, const std::vector<Reject>& rejects);

int threads_of(const PatchifyJob& job) { return job.threads > 0 ? job.threads : available_cores(); }

}  // namespace

PatchifyReport run_patchify_job(const PatchifyJob& given, Progress& progress) {
  const PatchifyJob job = with_clips(given);
  check_division(job.division, job.output);
  if (job.division.is_set())
    return patchify_set(
        job, [&](const PatchifyJob& part) { return run_patchify_job(part, progress); });
  check_job(job);
  PixelMoments moments = chosen_moments(job);
  const std::unique_ptr<ImageSource> source = open_image_source(job.inputs, job.source);

  const auto tokens = make_caption_tokens(job.captions, *source);

  PatchifyReport report;
  report.samples = source->size();
  report.files = patch_shard_paths(job.output, source->size(), job.shard_size);
  report.patches = job.layout.patches();
  report.patch_values = job.layout.patch_values();
  report.frames = job.layout.frames;
  report.tubelet_size = job.layout.tubelet_size;
  report.mean = moments.mean;
  report.std = moments.std;
  if (job.dry_run) {
    if (job.compute_mean_std) report.mean = report.std = {};  // only the pixels would tell
    return report;
  }
  const bool exists = job.output != "-" && std::filesystem::exists(report.files.front());
  if (job.if_changed && exists &&
      is_up_to_date(report.files, make_provenance(job, digest_source(*source, threads_of(job))))) {
    return report_of_existing(std::move(report));
  }

  PatchShards shards(*source, job.layout, job.output, job.shard_size, job.overwrite, tokens.get());
  const Outcome done = write_samples(job, *source, &shards, progress);
  report.skipped = static_cast<int64_t>(done.rejects.size());
  report.samples -= report.skipped;
  if (report.samples == 0) {
    throw DataError("not one of " + std::to_string(report.skipped) + " pictures could be read",
                    done.rejects.front().path, "the first says: " + done.rejects.front().reason);
  }
  if (job.compute_mean_std) moments = done.statistics.moments(job.layout.bit_depth);
  report.mean = moments.mean;
  report.std = moments.std;
  shards.commit(moments, make_provenance(job, done.inputs));
  if (!job.rejects.empty()) write_rejects(job.rejects, done.rejects);
  return report;
}

namespace {

/// Every frame of a clip is fitted before the clip is kept, so that a long video takes no more
/// memory than a short one.
PatchifyJob with_clips(PatchifyJob job) {
  const VideoChoice& video = job.video;
  if (!video.wanted && !(!job.inputs.empty() && is_video_operand(job.inputs.front()))) return job;
  if (video.shape.frames < 1 || video.shape.stride < 1 || video.per_video < 1)
    throw UsageError("expected at least 1", "--frames, --stride, --clips");
  if (video.tubelet_size < 1 || video.shape.frames % video.tubelet_size != 0) {
    throw UsageError("tubelets of " + std::to_string(video.tubelet_size) + " frames do not divide " +
                         std::to_string(video.shape.frames) + " frames",
                     "--tubelet-size");
  }
  constexpr int64_t kMostFrames = 4096;
  if (video.shape.frames > kMostFrames || video.shape.stride > (int64_t{1} << 20))
    throw UsageError("at most 4096 frames of a stride of 2^20", "--frames, --stride");
  job.layout.frames = video.shape.frames;
  job.layout.tubelet_size = video.tubelet_size;
  const Size2d size = job.layout.image_size;
  const int64_t resize = job.resize;
  job.source.clips = ClipOptions{
      video.shape, video.per_video, [size, resize](const Image& frame, const std::string& where) {
        if (resize == kResizeNever) return fit_image(frame, size, resize, where);
        return evaluation_frame(frame, size, resize);
      }};
  return job;
}

void check_job(const PatchifyJob& job) {
  const PatchLayout& layout = job.layout;
  const Size2d image = layout.image_size, patch = layout.patch_size;
  if (patch.height < 1 || patch.width < 1 || image.height < 1 || image.width < 1) {
    throw UsageError("sizes must be at least 1 pixel", "--image-size, --patch-size");
  }
  constexpr int64_t kMaxSide = 16384;
  if (image.height > kMaxSide || image.width > kMaxSide) {
    throw UsageError("at most 16384 pixels a side", "--image-size");
  }
  if (layout.channels < 1 || layout.channels > kMaxChannels) {
    throw UsageError("expected 1 (grey), 3 (RGB), 4 (RGBA) or another number up to " +
                         std::to_string(kMaxChannels) + ", got " + std::to_string(layout.channels),
                     "--channels");
  }
  if (layout.bit_depth != 8 && layout.bit_depth != 16) {
    throw UsageError("expected 8 or 16, got " + std::to_string(layout.bit_depth), "--bit-depth");
  }
  if (image.height % patch.height != 0 || image.width % patch.width != 0) {
    throw UsageError("the image size " + size_text(image) +
                         " is not a multiple of the patch size " + size_text(patch),
                     "--patch-size");
  }
  if (job.resize > 0 && job.resize < std::min(image.height, image.width)) {
    throw UsageError("a short side of " + std::to_string(job.resize) +
                         " is less than the image size " + size_text(image),
                     "--resize");
  }
  if (job.output == "-" && job.shard_size > 0) {
    throw UsageError("a set of shards does not fit on standard output", "--shard-size");
  }
  if (!job.rejects.empty() && !job.skip_bad_images) {
    throw UsageError("nothing is rejected unless bad pictures are skipped", "--rejects",
                     "add --on-error skip");
  }
  const int ways = (job.mean.empty() && job.std.empty() ? 0 : 1) + (job.compute_mean_std ? 1 : 0) +
                   (job.stats_from.empty() ? 0 : 1);
  if (ways > 1) {
    throw UsageError(
        "mean and deviation come from one of --mean and --std, --compute-mean-std and "
        "--stats-from");
  }
}

void check_moments(const PixelMoments& moments, int64_t channels, const std::string& where) {
  for (const auto* numbers : {&moments.mean, &moments.std}) {
    if (static_cast<int64_t>(numbers->size()) != channels) {
      throw UsageError("there are " + std::to_string(numbers->size()) + " numbers; expected " +
                           std::to_string(channels) + ", one for each channel",
                       where);
    }
  }
  // Written this way round, so that NaN fails too.
  const bool valid =
      std::all_of(moments.mean.begin(), moments.mean.end(),
                  [](double m) { return m >= 0 && m <= 1; }) &&
      std::all_of(moments.std.begin(), moments.std.end(), [](double s) { return s > 0 && s <= 1; });
  if (!valid) throw UsageError("means lie in 0 .. 1 and deviations above 0, up to 1", where);
}

PixelMoments moments_of_shard(const std::string& path) {
  const ShardReader shard(path);
  const nlohmann::json& attributes = shard.info("patches").attributes;
  try {
    return {attributes.at("mean").get<std::vector<double>>(),
            attributes.at("std").get<std::vector<double>>()};
  } catch (const nlohmann::json::exception&) {
    throw DataError("the attributes mean and std are missing or are not lists of numbers",
                    path + ":/patches", "give a shard that mae-patchify wrote");
  }
}

PixelMoments chosen_moments(const PatchifyJob& job) {
  const int64_t channels = job.layout.channels;
  PixelMoments moments;
  if (!job.stats_from.empty()) {
    moments = moments_of_shard(job.stats_from);
    check_moments(moments, channels, "--stats-from " + job.stats_from);
    return moments;
  }
  if (!job.mean.empty() || !job.std.empty()) {
    moments = {job.mean, job.std};
    check_moments(moments, channels, "--mean, --std");
    return moments;
  }
  if (channels == 3) return {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};
  moments.mean.assign(static_cast<size_t>(channels), 0.5);
  moments.std.assign(static_cast<size_t>(channels), 0.5);
  return moments;
}

Provenance make_provenance(const PatchifyJob& job, const std::vector<Provenance::Input>& inputs) {
  Provenance provenance = process_provenance();
  provenance.inputs.insert(provenance.inputs.end(), inputs.begin(), inputs.end());
  if (!job.captions.vocab.empty())
    provenance.inputs.push_back({job.captions.vocab, digest_of_file(job.captions.vocab)});
  if (!job.stats_from.empty()) {
    const ShardReader shard(job.stats_from);
    provenance.inputs.push_back({shard.path(), shard.digest()});
    provenance.parents.push_back(shard.provenance());
  }
  return provenance;
}

bool is_up_to_date(const std::vector<std::string>& files, const Provenance& provenance) {
  const nlohmann::json expected = nlohmann::json::parse(provenance.to_json());
  return std::all_of(files.begin(), files.end(), [&](const std::string& file) {
    try {
      return ShardReader(file).provenance() == expected;
    } catch (const DataError& error) {
      log_debug("not up to date: " + error.line());  // missing or damaged: it is made again
      return false;
    }
  });
}

/// What the run that made the files reported.
PatchifyReport report_of_existing(PatchifyReport report) {
  int64_t samples = 0;
  for (const std::string& file : report.files) samples += ShardReader(file).samples();
  report.skipped = report.samples - samples;
  report.samples = samples;
  const PixelMoments moments = moments_of_shard(report.files.front());
  report.mean = moments.mean;
  report.std = moments.std;
  report.up_to_date = true;
  return report;
}

Prepared prepare(const PatchifyJob& job, const ImageSource& source, int64_t i) {
  DecodeOptions options;
  options.channels = job.layout.channels;
  options.bit_depth = job.layout.bit_depth;
  options.exif_orientation = job.exif_orientation;
  if (!job.source.clips) {
    options.looked_at = [&job](Size2d picture) {
      return reach_of_fit(picture, job.layout.image_size, job.resize);
    };
  }
  Prepared prepared;
  try {
    const std::string bytes = source.read(i);
    prepared.digest = digest_of(bytes.data(), bytes.size());
    Image image = source.decode(i, bytes, options);
    if (!job.source.clips)
      image = fit_image(image, job.layout.image_size, job.resize, source.where(i));
    if (job.compute_mean_std) prepared.sums = pixel_sums(image);
    prepared.patches = gather_patches(image, job.layout);
  } catch (const DataError& error) {
    if (!job.skip_bad_images) throw;
    prepared.reason = error.what();
  }
  return prepared;
}

Outcome write_samples(const PatchifyJob& job, const ImageSource& source, PatchShards* shards,
                      Progress& progress) {
  Outcome outcome;
  SourceDigest digest(source);
  const char* things = job.source.clips ? "clips" : "pictures";
  progress.begin(std::string("read ") + things, source.size(), things);
  ordered_map(
      source.size(), threads_of(job), 0, [&](int64_t i) { return prepare(job, source, i); },
      [&](int64_t i, const Prepared& prepared) {
        check_interrupt();
        digest.add(prepared.digest);
        if (prepared.patches.empty()) {
          outcome.rejects.push_back({source.where(i), prepared.reason});
        } else {
          shards->append(i, prepared.patches);
          if (job.compute_mean_std) outcome.statistics.add(prepared.sums);
        }
        progress.update(i + 1);
      });
  progress.end();
  outcome.inputs = digest.inputs();
  return outcome;
}

void write_rejects(const std::string& path, const std::vector<Reject>& rejects) {
  std::string text;
  for (const Reject& reject : rejects) {
    text += printable(reject.path) + "\t" + printable(reject.reason) + "\n";
  }
  write_file_atomically(path, text);
}

}  // namespace
}  // namespace mae
