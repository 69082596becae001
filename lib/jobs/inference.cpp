// Fitting checkpoint and data set together, and the ordered reading loop.
#include "mae/jobs/inference.h"

#include <cmath>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/log.h"
#include "mae/base/parallel.h"
#include "mae/data/clip_augment.h"
#include "mae/jobs/job_support.h"
#include "mae/models/size_json.h"
#include "mae/train/device.h"

namespace mae {
namespace {

/// A picture, or the reason why there is none.
struct ReadResult {
  Image image;
  std::string reason;
};

void check_channels(const Inference& inference, const InferenceOptions& options);
DatasetOptions dataset_options(const InferenceOptions& options, const Checkpoint& checkpoint);
Size2d picture_size(const InferenceOptions& options, const SampleDataset& dataset);
void check_image_size(const Checkpoint& checkpoint, Size2d size, const InferenceOptions& options);
void warn_about_stats(const Inference& inference);
ReadResult read_picture(const Inference& inference, bool skip, int64_t index);

}  // namespace

Inference open_inference(const InferenceOptions& options) {
  if (options.batch_size < 1) throw UsageError("must be at least 1", "--batch-size");
  Inference inference;
  inference.device = open_device(options.device);
  inference.precision = settle_dtype(options.dtype, inference.device);
  inference.dtype =
      inference.precision == "int8" ? at::kBFloat16 : parse_dtype(inference.precision);
  set_compute_threads(options.threads);
  inference.checkpoint = read_checkpoint(options.model);
  inference.dataset = open_dataset(options.inputs, dataset_options(options, inference.checkpoint));

  const Size2d size = picture_size(options, *inference.dataset);
  check_image_size(inference.checkpoint, size, options);
  inference.model = load_masked_model(inference.checkpoint, options.model, size);
  inference.checkpoint.tensors.clear();
  check_channels(inference, options);
  check_frames(*inference.dataset, inference.model->num_frames(), options.inputs.front());
  inference.stats = {inference.checkpoint.preprocessing.mean,
                     inference.checkpoint.preprocessing.std};
  if (inference.dataset->patch_size()) warn_about_stats(inference);
  inference.model->to(inference.device);
  inference.model->eval();
  return inference;
}

ImageBatch read_samples(const Inference& inference, const InferenceOptions& options,
                        const std::vector<int64_t>& indices) {
  ImageBatch batch;
  const auto count = static_cast<int64_t>(indices.size());
  ordered_map(
      count, options.threads, count,
      [&](int64_t i) {
        return read_picture(inference, options.skip_bad_images, indices[static_cast<size_t>(i)]);
      },
      [&](int64_t i, ReadResult result) {
        check_interrupt();
        if (!result.reason.empty()) return;
        batch.images.push_back(std::move(result.image));
        batch.indices.push_back(indices[static_cast<size_t>(i)]);
      });
  return batch;
}

std::vector<Reject> for_each_batch(const Inference& inference, const InferenceOptions& options,
                                   int64_t first, int64_t last,
                                   const std::function<void(const ImageBatch&)>& use) {
  std::vector<Reject> rejects;
  ImageBatch batch;
  const auto flush = [&] {
    if (batch.images.empty()) return;
    use(batch);
    batch = {};
  };
  // One batch is read while another is computed.
  const int64_t ahead = 2 * options.batch_size;
  ordered_map(
      last - first, options.threads, ahead,
      [&](int64_t i) { return read_picture(inference, options.skip_bad_images, first + i); },
      [&](int64_t i, ReadResult result) {
        check_interrupt();
        if (!result.reason.empty()) {
          rejects.emplace_back(inference.dataset->name(first + i), result.reason);
          log_warning("skipped " + inference.dataset->name(first + i) + ": " + result.reason);
          return;
        }
        batch.images.push_back(std::move(result.image));
        batch.indices.push_back(first + i);
        if (static_cast<int64_t>(batch.images.size()) == options.batch_size) flush();
      });
  flush();
  return rejects;
}

namespace {

void check_channels(const Inference& inference, const InferenceOptions& options) {
  const int64_t have = inference.dataset->channels(), want = inference.model->in_chans();
  if (want != inference.checkpoint.preprocessing.channels) {
    throw DataError("the model takes " + std::to_string(want) +
                        " channels but its preprocessing has " +
                        std::to_string(inference.checkpoint.preprocessing.channels),
                    options.model);
  }
  if (have == want) return;
  throw DataError("the pictures have " + std::to_string(have) + " channels but the model takes " +
                      std::to_string(want),
                  options.inputs.front(),
                  "re-run mae-patchify with --channels " + std::to_string(want) +
                      ", or add --channels-policy " + (have < want ? "repeat" : "average"));
}

DatasetOptions dataset_options(const InferenceOptions& options, const Checkpoint& checkpoint) {
  DatasetOptions dataset = dataset_options_for(checkpoint);
  if (options.stride > 0) dataset.clip.stride = options.stride;
  dataset.exif_orientation = options.exif_orientation;
  dataset.channels_policy = parse_channels_policy(options.channels_policy);
  dataset.limit = options.limit;
  return dataset;
}

/// What the pictures are encoded at; 0x0 for the model's own size. Pictures of shards were cut once
/// and for all, others are resized as is wanted.
Size2d picture_size(const InferenceOptions& options, const SampleDataset& dataset) {
  if (!dataset.patch_size()) return options.image_size;
  const Size2d stored = dataset.image_size().value_or(Size2d{});
  if (options.image_size.area() > 0 && options.image_size != stored) {
    throw UsageError("the pictures of " + options.inputs.front() + " have been cut to " +
                         size_text(stored) + ", got " + size_text(options.image_size),
                     "--image-size", "re-run mae-patchify with this size");
  }
  return stored;
}

void check_image_size(const Checkpoint& checkpoint, Size2d size, const InferenceOptions& options) {
  const auto patch = checkpoint.config.find("patch_size");
  if (size.area() <= 0 || patch == checkpoint.config.end()) return;
  Size2d p;
  try {
    p = patch->get<Size2d>();
  } catch (const nlohmann::json::exception&) {
    return;  // load_masked_model reports a damaged configuration
  }
  if (p.height <= 0 || p.width <= 0) return;
  if (size.height % p.height == 0 && size.width % p.width == 0) return;
  const std::string problem = "pictures of " + size_text(size) +
                              " cannot be cut into the model's patches of " + size_text(p);
  if (size == options.image_size) throw UsageError(problem, "--image-size");
  throw DataError(problem, options.inputs.front(),
                  "re-run mae-patchify with an --image-size that these divide");
}

void warn_about_stats(const Inference& inference) {
  const PixelStats shard = inference.dataset->pixel_stats();
  const PixelStats& model = inference.stats;
  bool differs = shard.mean.size() != model.mean.size() || shard.std.size() != model.std.size();
  for (size_t c = 0; !differs && c < model.mean.size(); ++c) {
    differs = std::abs(shard.mean[c] - model.mean[c]) > 1e-6 ||
              std::abs(shard.std[c] - model.std[c]) > 1e-6;
  }
  if (differs) {
    log_warning("the shard's mean and std differ from the checkpoint's; the checkpoint's are used");
  }
}

ReadResult read_picture(const Inference& inference, bool skip, int64_t index) {
  try {
    return {evaluation_sample(*inference.dataset, index, inference.model->img_size()), ""};
  } catch (const DataError& error) {
    if (!skip) throw;
    return {{}, error.what()};
  }
}

}  // namespace
}  // namespace mae
