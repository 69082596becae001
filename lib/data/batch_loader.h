// Batches made ahead by worker threads: read, augment, normalise. Order and augmentation depend on
// seed, epoch and sample alone.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "mae/data/augment.h"
#include "mae/data/batch_part.h"
#include "mae/data/sample_dataset.h"
#include "mae/data/text_stream.h"
#include "mae/ops/masked_patches.h"
#include "mae/ops/tensor.h"

namespace mae {

struct Batch {
  Tensor images;                 ///< [B, C, H, W], clips [B, C, T, H, W]; float32, normalised
  StoredPixels pixels = {};      ///< in place of `images` where LoaderOptions asks for it
  Tensor labels;                 ///< [B] int64
  std::vector<int64_t> indices;  ///< into the dataset
  std::vector<uint64_t> ids;     ///< sample ids, keys of random choices
  std::vector<int64_t> whole;    ///< indices of the batch that this is the loader's part of
  TextInput captions = {};       ///< of the samples, where there are some and they are wanted
  TextInput unpaired_text = {};  ///< beside them: text of no picture
  /// What the part counts for in a mean over the whole batch.
  double weight() const {
    return static_cast<double>(indices.size()) / static_cast<double>(whole.size());
  }
};

struct LoaderOptions {
  int64_t batch_size = 64;  ///< of whole batches, where several processes share them
  BatchPart part;           ///< this loader's of each batch
  int threads = 1;
  bool shuffle = false;    ///< a fresh permutation each epoch from (seed, "order", epoch)
  bool drop_last = false;  ///< an incomplete last batch is left out, as in pretraining
  uint64_t seed = 0;
  AugmentOptions augment;
  PixelStats stats;
  bool keep_stored = false;  ///< Batch::pixels instead of images; pictures only
  TextOptions text;
  std::string purpose = "augment";  ///< name of the augmentation's random stream
};

/// Sample i of a batch, as a batch of its own.
Batch sample_of(const Batch& batch, int64_t i);

class BatchLoader {
 public:
  BatchLoader(std::shared_ptr<const SampleDataset> dataset, LoaderOptions options);
  ~BatchLoader();
  int64_t batches_per_epoch() const;
  /// Starts an epoch at batch `first_batch` (resuming in its middle); batches already made for
  /// another one are dropped.
  void start_epoch(uint32_t epoch, int64_t first_batch = 0);
  /// The next batch (its part may be empty), or nothing at the end of the epoch. Rethrows a
  /// worker's error.
  std::optional<Batch> next();
  /// Seconds next() has waited for workers since start_epoch.
  double stall_seconds() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// uint8 or uint16 pictures of equal size -> [B, C, H, W] float32, (v / max - mean) / std computed
/// as v * scale + shift. Clips (frames > 1) -> [B, C, T, H, W].
Tensor normalize_images(const std::vector<Image>& images, const PixelStats& stats,
                        int64_t frames = 1);

}  // namespace mae
