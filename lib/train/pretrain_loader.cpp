// Training shuffles, augments and drops an incomplete last batch; validation does none of these.
#include "mae/train/pretrain_loader.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "mae/base/error.h"

namespace mae {

std::unique_ptr<BatchLoader> make_pretrain_loader(std::shared_ptr<const SampleDataset> dataset,
                                                  const PretrainOptions& options,
                                                  const PixelStats& stats, int64_t batch_size,
                                                  BatchPart part, bool training, bool keep_stored) {
  LoaderOptions loader;
  loader.batch_size = batch_size;
  loader.part = part;
  loader.threads = options.loader_threads > 0 ? options.loader_threads : options.threads;
  if (loader.threads <= 0) loader.threads = at::get_num_threads();
  loader.shuffle = training;
  loader.drop_last = training;
  loader.seed = options.seed;
  loader.augment = options.augment;
  if (!training) loader.augment.augment = Augment::kNone;
  loader.stats = stats;
  loader.keep_stored = keep_stored;
  loader.text = options.text;
  loader.text.shared_mask = is_shared(options.masking.strategy);
  if (!training) {
    loader.text.purpose = "val-" + loader.text.purpose;
    loader.text.unpaired = nullptr;
  }
  return std::make_unique<BatchLoader>(std::move(dataset), loader);
}

void check_masks(const PretrainData& data, const PretrainOptions& options,
                 const MaskedModel& model) {
  const int64_t patches = model.mask_grid().tokens();
  if (!data.masks && visible_count(options.masking, model.mask_grid()) == patches)
    throw UsageError("hides none of " + std::to_string(patches) + " patches", "--mask-ratio",
                     "there is nothing to predict; choose a larger ratio");
  if (!data.masks) return;
  if (static_cast<int64_t>(data.masks->size()) != data.train->size())
    throw UsageError("there are " + std::to_string(data.masks->size()) + " masks for " +
                         std::to_string(data.train->size()) + " samples",
                     "--masks");
  const auto hidden_in = [](const std::vector<uint8_t>& mask) {
    return static_cast<int64_t>(mask.size()) - std::count(mask.begin(), mask.end(), uint8_t{0});
  };
  const int64_t hidden = data.masks->empty() ? 0 : hidden_in(data.masks->front());
  for (const std::vector<uint8_t>& mask : *data.masks) {
    const auto index = &mask - data.masks->data();
    if (static_cast<int64_t>(mask.size()) != patches)
      throw UsageError("a mask has " + std::to_string(mask.size()) + " patches; the model has " +
                           std::to_string(patches),
                       "--masks");
    if (hidden_in(mask) != hidden || hidden == 0 || hidden == patches)
      throw UsageError("the mask of " + data.train->name(index) + " hides " +
                           std::to_string(hidden_in(mask)) + " of " + std::to_string(patches) +
                           " patches; pretraining needs as many in every sample, but not all",
                       "--masks", "make them with one --mask-ratio of mae-mask");
  }
}

}  // namespace mae
