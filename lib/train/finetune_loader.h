// What the fine-tuning loop reads. Private to train.
#pragma once

#include <memory>

#include "mae/data/batch_loader.h"
#include "mae/train/finetune.h"

namespace mae {

/// Threads that prepare batches: as the options say, or as many as compute.
int loader_threads(const FinetuneOptions& options);

std::unique_ptr<BatchLoader> make_finetune_loader(const FinetuneData& data,
                                                  const FinetuneOptions& options,
                                                  const FinetunePlan& plan, BatchPart part,
                                                  const PixelStats& stats);

}  // namespace mae
