// A batch is a tensor whose samples are filled by tasks of a few samples each; whole batches are
// kept ready in order.
#include "mae/data/batch_loader.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <deque>
#include <future>
#include <numeric>
#include <utility>

#include "mae/base/error.h"
#include "mae/base/parallel.h"
#include "mae/data/caption_batch.h"
#include "mae/data/clip_augment.h"
#include "mae/data/pixel_table.h"

namespace mae {
namespace {

constexpr int64_t kSamplesPerTask = 8;
constexpr int64_t kTasksAheadPerThread = 2;

void check_image(const Image& image, const SampleDataset& dataset, Size2d size, int64_t index);

std::vector<int64_t> batch_shape(int64_t count, int64_t channels, int64_t frames, Size2d size) {
  if (frames == 1) return {count, channels, size.height, size.width};
  return {count, channels, frames, size.height, size.width};
}

}  // namespace

struct BatchLoader::State {
  /// A batch under way. Tasks hold it, so that the loader may drop it at any time.
  struct Pending {
    Batch batch;
    uint32_t epoch = 0;
    std::atomic<bool> cancelled{false};
  };

  /// Its place in the queue. The futures stay out of Pending: they keep their tasks alive, and
  /// these keep Pending.
  struct Slot {
    std::shared_ptr<Pending> made;
    std::vector<std::future<void>> parts;
  };

  State(std::shared_ptr<const SampleDataset> data, LoaderOptions given)
      : dataset(std::move(data)),
        options(std::move(given)),
        table(options.stats, dataset->channels(), dataset->bit_depth()),
        meanings(at::tensor(table.values()).view({dataset->channels(), -1})),
        text(options.text, options.seed),
        pool(std::max(1, options.threads)) {}
  ~State() { drop_pending(); }

  void drop_pending();
  void submit_batch();
  void fill(Pending& pending, int64_t first, int64_t last) const;
  int64_t batches_ahead() const;

  std::shared_ptr<const SampleDataset> dataset;
  LoaderOptions options;
  PixelTable table;
  Tensor meanings;  // the table, for batches that keep stored pixels
  TextStream text;
  std::vector<int64_t> order;  // of this epoch
  uint32_t epoch = 0;
  int64_t next_batch = 0;  // the next one to be submitted
  int64_t batches = 0;     // of an epoch
  double stall_s = 0;
  std::deque<Slot> pending;
  ThreadPool pool;  // last: its threads end before anything they use
};

BatchLoader::BatchLoader(std::shared_ptr<const SampleDataset> dataset, LoaderOptions options) {
  if (options.batch_size <= 0)
    throw UsageError("expected at least 1, got " + std::to_string(options.batch_size),
                     "--batch-size");
  state_ = std::make_unique<State>(std::move(dataset), std::move(options));
  const int64_t size = state_->dataset->size(), batch_size = state_->options.batch_size;
  state_->batches =
      state_->options.drop_last ? size / batch_size : (size + batch_size - 1) / batch_size;
  state_->next_batch = state_->batches;  // nothing before start_epoch
}

BatchLoader::~BatchLoader() = default;

int64_t BatchLoader::batches_per_epoch() const { return state_->batches; }
double BatchLoader::stall_seconds() const { return state_->stall_s; }

void BatchLoader::start_epoch(uint32_t epoch, int64_t first_batch) {
  State& state = *state_;
  state.drop_pending();
  state.epoch = epoch;
  state.next_batch = first_batch;
  state.stall_s = 0;
  state.order.resize(static_cast<size_t>(state.dataset->size()));
  std::iota(state.order.begin(), state.order.end(), int64_t{0});
  if (state.options.shuffle) {
    RandomStream random(state.options.seed, "order", epoch);
    for (size_t i = state.order.size(); i > 1; --i)
      std::swap(state.order[i - 1],
                state.order[static_cast<size_t>(random.below(static_cast<int64_t>(i)))]);
  }
}

std::optional<Batch> BatchLoader::next() {
  State& state = *state_;
  const auto wanted = static_cast<size_t>(state.batches_ahead());
  while (state.next_batch < state.batches && state.pending.size() < wanted) state.submit_batch();
  if (state.pending.empty()) return std::nullopt;
  State::Slot front = std::move(state.pending.front());
  state.pending.pop_front();
  const auto start = std::chrono::steady_clock::now();
  for (std::future<void>& part : front.parts) part.wait();
  state.stall_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (std::future<void>& part : front.parts) part.get();  // in order: the first error wins
  if (state.next_batch < state.batches) state.submit_batch();
  return std::move(front.made->batch);
}

void BatchLoader::State::drop_pending() {
  for (const Slot& slot : pending) slot.made->cancelled = true;
  pending.clear();
}

/// At least two batches, and enough of small ones that every thread has work waiting.
int64_t BatchLoader::State::batches_ahead() const {
  const int64_t tasks = (options.batch_size + kSamplesPerTask - 1) / kSamplesPerTask;
  return std::max<int64_t>(2, (kTasksAheadPerThread * pool.size() + tasks - 1) / tasks);
}

void BatchLoader::State::submit_batch() {
  const auto made = std::make_shared<Pending>();
  made->epoch = epoch;
  Slot slot{made, {}};
  const int64_t number = next_batch++, first = number * options.batch_size;
  const int64_t last = std::min(first + options.batch_size, dataset->size());
  Batch& batch = made->batch;
  batch.whole.assign(order.begin() + first, order.begin() + last);
  for (const int64_t position : positions_of_part(last - first, options.part))
    batch.indices.push_back(batch.whole[static_cast<size_t>(position)]);
  const auto count = static_cast<int64_t>(batch.indices.size());
  batch.ids.resize(static_cast<size_t>(count));
  const uint64_t first_id = dataset->id(batch.whole.front());
  batch.captions =
      read_captions(*dataset, batch.indices, first_id, options.text, options.seed, epoch);
  if (options.text.unpaired)
    batch.unpaired_text =
        text.rows((epoch * batches + number) * options.batch_size, last - first, options.part);
  batch.labels = at::empty({count}, at::kLong);
  const Size2d size = options.augment.img_size;
  if (options.keep_stored) {
    const auto type = dataset->bit_depth() == 16 ? at::kUInt16 : at::kByte;
    batch.pixels = {at::empty({count, size.height, size.width, dataset->channels()}, type),
                    meanings};
  } else {
    batch.images =
        at::empty(batch_shape(count, dataset->channels(), dataset->frames(), size), at::kFloat);
  }
  for (int64_t begin = 0; begin < count; begin += kSamplesPerTask) {
    const int64_t end = std::min(begin + kSamplesPerTask, count);
    slot.parts.push_back(pool.submit([this, made, begin, end] { fill(*made, begin, end); }));
  }
  pending.push_back(std::move(slot));
}

/// Runs on a worker: plain loops only, as ATen's own threads belong to the model.
void BatchLoader::State::fill(Pending& made, int64_t first, int64_t last) const {
  Batch& batch = made.batch;
  const Size2d size = options.augment.img_size;
  const int64_t values = dataset->channels() * dataset->frames() * size.area();
  auto* labels = static_cast<int64_t*>(batch.labels.data_ptr());
  for (int64_t i = first; i < last && !made.cancelled; ++i) {
    const int64_t index = batch.indices[static_cast<size_t>(i)];
    const uint64_t id = dataset->id(index);
    const Image image = prepare_sample(*dataset, index, options.augment,
                                       {options.seed, options.purpose, made.epoch});
    check_image(image, *dataset, size, index);
    if (options.keep_stored)
      std::memcpy(static_cast<uint8_t*>(batch.pixels.samples.data_ptr()) +
                      static_cast<size_t>(i) * image.bytes.size(),
                  image.bytes.data(), image.bytes.size());
    else
      table.write(image, static_cast<float*>(batch.images.data_ptr()) + i * values);
    labels[i] = dataset->label(index);
    batch.ids[static_cast<size_t>(i)] = id;
  }
}

Batch sample_of(const Batch& batch, int64_t i) {
  const auto k = static_cast<size_t>(i);
  Batch one;
  if (batch.images.defined()) one.images = batch.images.narrow(/*dim=*/0, i, 1);
  if (batch.pixels.samples.defined())
    one.pixels = {batch.pixels.samples.narrow(/*dim=*/0, i, 1), batch.pixels.table};
  one.labels = batch.labels.narrow(/*dim=*/0, i, 1);
  one.indices = {batch.indices[k]};
  one.ids = {batch.ids[k]};
  one.whole = {batch.whole.front()};
  for (const auto& [from, to] : {std::pair(&batch.captions, &one.captions),
                                 std::pair(&batch.unpaired_text, &one.unpaired_text)}) {
    if (!from->tokens.defined()) continue;
    to->tokens = from->tokens.narrow(/*dim=*/0, i, 1);
    to->padding = from->padding.narrow(/*dim=*/0, i, 1);
    to->selection = {from->selection.ids_keep.narrow(/*dim=*/0, i, 1),
                     from->selection.ids_restore.narrow(/*dim=*/0, i, 1),
                     from->selection.mask.narrow(/*dim=*/0, i, 1)};
  }
  return one;
}

Tensor normalize_images(const std::vector<Image>& images, const PixelStats& stats, int64_t frames) {
  if (images.empty()) throw UsageError("there are no pictures to normalise");
  const Image& first = images.front();
  const PixelTable table(stats, first.channels, first.bit_depth);
  const auto count = static_cast<int64_t>(images.size());
  // The planes of a tall picture are those of its frames: [B, C, H, W] or [B, C, T, H, W].
  const Tensor out = at::empty(
      batch_shape(count, first.channels, frames, {first.height / frames, first.width}), at::kFloat);
  const int64_t values = first.channels * first.height * first.width;
  for (const Image& image : images)
    if (image.height != first.height || image.width != first.width ||
        image.channels != first.channels || image.bit_depth != first.bit_depth)
      throw UsageError("pictures of a batch differ in size, channels or depth");
  float* to = static_cast<float*>(out.data_ptr());
  at::parallel_for(0, count, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      table.write(images[static_cast<size_t>(i)], to + i * values);
  });
  return out;
}

namespace {

void check_image(const Image& image, const SampleDataset& dataset, Size2d size, int64_t index) {
  const bool fits = image.height == dataset.frames() * size.height && image.width == size.width &&
                    image.channels == dataset.channels() && image.bit_depth == dataset.bit_depth();
  if (fits) return;
  throw DataError("the picture has " + std::to_string(image.channels) + " channels of " +
                      std::to_string(image.bit_depth) + " bits; expected " +
                      std::to_string(dataset.channels()) + " of " +
                      std::to_string(dataset.bit_depth()),
                  dataset.name(index), "make a shard of the pictures with mae-patchify --channels");
}

}  // namespace
}  // namespace mae
