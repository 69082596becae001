#include "mae/train/placed_batches.h"

#include <utility>

namespace mae {

PlacedBatches::PlacedBatches(std::unique_ptr<BatchLoader> loader, Selection selection,
                             c10::Device device)
    : loader_(std::move(loader)), selection_(std::move(selection)), copies_(device) {}

void PlacedBatches::start_epoch(uint32_t epoch, int64_t first_batch) {
  ahead_.reset();
  loader_->start_epoch(epoch, first_batch);
}

std::optional<PlacedBatch> PlacedBatches::next() {
  if (!ahead_) look_ahead();
  copies_.join();
  return std::exchange(ahead_, std::nullopt);
}

void PlacedBatches::look_ahead() {
  if (std::optional<Batch> batch = loader_->next()) ahead_ = place(*std::move(batch));
}

PlacedBatch PlacedBatches::sample_of(const PlacedBatch& placed, int64_t i) {
  PlacedBatch one = place(mae::sample_of(placed.batch, i));
  copies_.join();
  return one;
}

PlacedBatch PlacedBatches::place(Batch batch) {
  if (batch.indices.empty()) {
    PlacedBatch empty;
    empty.batch = std::move(batch);
    return empty;
  }
  const PatchSelection selection = selection_(batch);
  return place_batch(std::move(batch), selection, copies_);
}

}  // namespace mae
