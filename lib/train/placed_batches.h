// The batches of an epoch where they are computed, with what is hidden in them: the next one is
// read, masked and sent while the one before is computed. Private to train.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "mae/train/masked_pass.h"

namespace mae {

class PlacedBatches {
 public:
  /// What is hidden in a batch of the epoch under way.
  using Selection = std::function<PatchSelection(const Batch&)>;
  PlacedBatches(std::unique_ptr<BatchLoader> loader, Selection selection, c10::Device device);

  int64_t batches_per_epoch() const { return loader_->batches_per_epoch(); }
  double stall_seconds() const { return loader_->stall_seconds(); }
  /// As BatchLoader's.
  void start_epoch(uint32_t epoch, int64_t first_batch = 0);
  /// The next batch, or nothing at the end of the epoch. The part of a process may be empty, which
  /// has no selection then.
  std::optional<PlacedBatch> next();
  /// Begins with the batch after the one that next() gave: call when that is being computed.
  void look_ahead();
  /// Sample i of a batch, as a batch of its own.
  PlacedBatch sample_of(const PlacedBatch& placed, int64_t i);

 private:
  PlacedBatch place(Batch batch);

  std::unique_ptr<BatchLoader> loader_;
  Selection selection_;
  CopyStream copies_;
  std::optional<PlacedBatch> ahead_;
};

}  // namespace mae
