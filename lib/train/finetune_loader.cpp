// Shuffled, augmented, without an incomplete last batch.
#include "mae/train/finetune_loader.h"

#include <ATen/Parallel.h>

namespace mae {

int loader_threads(const FinetuneOptions& options) {
  const int threads = options.loader_threads > 0 ? options.loader_threads : options.threads;
  return threads > 0 ? threads : at::get_num_threads();
}

std::unique_ptr<BatchLoader> make_finetune_loader(const FinetuneData& data,
                                                  const FinetuneOptions& options,
                                                  const FinetunePlan& plan, BatchPart part,
                                                  const PixelStats& stats) {
  LoaderOptions loader;
  loader.batch_size = plan.batch_size;
  loader.part = part;
  loader.threads = loader_threads(options);
  loader.shuffle = true;
  loader.drop_last = true;
  loader.seed = options.seed;
  loader.augment = options.augment;
  loader.stats = stats;
  return std::make_unique<BatchLoader>(data.train, loader);
}

}  // namespace mae
