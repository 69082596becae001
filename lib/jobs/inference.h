// A trained model applied to pictures: checkpoint and data set fitted to each other, and prepared
// batches of them.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mae/data/sample_dataset.h"
#include "mae/models/checkpoint.h"
#include "mae/models/masked_model.h"

namespace mae {

struct InferenceOptions {
  std::string model;                ///< checkpoint file or run folder
  std::vector<std::string> inputs;  ///< shards or picture folders
  int64_t limit = 0;                ///< first samples only; 0 = all
  /// Of pictures of folders; 0x0: the model's. Its position tables are interpolated to it.
  Size2d image_size{0, 0};
  int64_t stride = 0;                     ///< of clips of videos; 0: what the model was trained on
  bool exif_orientation = false;          ///< turn pictures of folders upright as EXIF says
  std::string channels_policy = "error";  ///< parse_channels_policy, for other channels
  int64_t batch_size = 64;
  std::string device = "cpu", dtype = "float32";  ///< settle_dtype()
  int threads = 1;                                ///< for reading pictures and for computing
  bool skip_bad_images = false;                   ///< --on-error skip
};

/// Ready to run: the model is on its device, in evaluation mode.
struct Inference {
  Checkpoint checkpoint;  ///< header only; the tensors live in the model
  std::shared_ptr<MaskedModel> model;
  std::shared_ptr<SampleDataset> dataset;
  PixelStats stats;  ///< the checkpoint's
  c10::Device device{c10::DeviceType::CPU};
  std::string precision = "float32";             ///< or "bfloat16", "int8"
  at::ScalarType dtype = at::ScalarType::Float;  ///< of everything that is not packed
  /// Threads take pictures of a batch each for itself; false: all compute one product at a time.
  bool side_by_side = true;
};

/// Opens both. A shard's pictures keep their size, folders get the published evaluation
/// preprocessing at image_size; the model's position tables are interpolated to either. Folders are
/// read with the channels and the bit depth of the checkpoint. Pixels are normalised with the
/// checkpoint's mean and deviation; a shard that records others is warned about.
/// throws UsageError (image_size for shards that have another one), DataError (channels differ and
///        the policy has no way, sizes do not fit the model's patch), ResourceError (device)
Inference open_inference(const InferenceOptions& options);

/// Pictures of the model's size, with their places in the data set.
struct ImageBatch {
  std::vector<Image> images;
  std::vector<int64_t> indices;
};

/// A picture that could not be read, and why.
using Reject = std::pair<std::string, std::string>;

/// The samples of these places; with skip_bad_images those that can be read, otherwise their error
/// is thrown.
ImageBatch read_samples(const Inference& inference, const InferenceOptions& options,
                        const std::vector<int64_t>& indices);

/// Calls `use` on batches of the samples [first, last), in order, read ahead on several threads.
/// With skip_bad_images a damaged picture is left out and returned; otherwise its error is thrown.
/// Looks for a pending signal between batches.
std::vector<Reject> for_each_batch(const Inference& inference, const InferenceOptions& options,
                                   int64_t first, int64_t last,
                                   const std::function<void(const ImageBatch&)>& use);

}  // namespace mae
