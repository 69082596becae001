// What the pretraining loop reads: batches and fixed masks. Private to train.
#pragma once

#include <memory>

#include "mae/data/batch_loader.h"
#include "mae/train/pretrain.h"

namespace mae {

/// keep_stored  batches are of stored pixels (LoaderOptions)
std::unique_ptr<BatchLoader> make_pretrain_loader(std::shared_ptr<const SampleDataset> dataset,
                                                  const PretrainOptions& options,
                                                  const PixelStats& stats, int64_t batch_size,
                                                  BatchPart part, bool training, bool keep_stored);

/// throws UsageError  nothing would be hidden, or fixed masks fit neither the samples nor the model
void check_masks(const PretrainData& data, const PretrainOptions& options,
                 const MaskedModel& model);

}  // namespace mae
