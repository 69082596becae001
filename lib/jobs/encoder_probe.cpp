// Which pictures take part is settled once; their features are made anew each time.
#include "mae/jobs/encoder_probe.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/random_stream.h"
#include "mae/data/batch_loader.h"
#include "mae/data/subset_dataset.h"
#include "mae/eval/knn.h"
#include "mae/train/masked_pass.h"

namespace mae {
namespace {

/// The pictures of one set that take part.
struct Side {
  std::shared_ptr<const SampleDataset> pictures;
  FeatureSet set;  ///< without features
};

Side choose_side(const std::shared_ptr<const SampleDataset>& dataset, const std::string& name,
                 const EncoderProbeOptions& options);
std::vector<int64_t> labelled_samples(const SampleDataset& dataset);
std::vector<int64_t> draw_samples(const SampleDataset& dataset, std::vector<int64_t> rows,
                                  const EncoderProbeOptions& options);
void encode_side(MaskedModel& model, const Placement& placement, const EncoderProbeOptions& options,
                 Progress& progress, int64_t done, Side* side);

}  // namespace

EncoderProbe make_encoder_probe(std::shared_ptr<const SampleDataset> train,
                                std::shared_ptr<const SampleDataset> validation,
                                const EncoderProbeOptions& options, Progress& progress) {
  const Side keys = choose_side(train, options.train_name, options);
  const Side queries = choose_side(validation, options.validation_name, options);
  const int64_t classes = class_count(keys.set, queries.set);
  return [=, &progress](MaskedModel& model, const Placement& placement) {
    const at::NoGradGuard no_grad;
    const int64_t keys_count = keys.pictures->size(), queries_count = queries.pictures->size();
    Side encoded_keys = keys, encoded_queries = queries;
    progress.begin("probe", keys_count + queries_count, "images");
    encode_side(model, placement, options, progress, 0, &encoded_keys);
    encode_side(model, placement, options, progress, keys_count, &encoded_queries);
    KnnOptions neighbours;
    neighbours.k = {std::min(options.k, keys_count)};
    const double top1 =
        knn(encoded_keys.set, encoded_queries.set, classes, neighbours).front().top1;
    progress.end();
    return top1;
  };
}

namespace {

Side choose_side(const std::shared_ptr<const SampleDataset>& dataset, const std::string& name,
                 const EncoderProbeOptions& options) {
  std::vector<int64_t> rows = labelled_samples(*dataset);
  if (rows.empty()) {
    throw DataError("no picture has a label, which --probe-every compares", name,
                    "make the shard from class folders or a table with a label column, or leave "
                    "--probe-every out");
  }
  rows = draw_samples(*dataset, std::move(rows), options);
  Side side;
  const auto count = static_cast<int64_t>(rows.size());
  side.set.labels = at::empty({count}, at::kLong);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = rows[static_cast<size_t>(i)];
    side.set.labels.data_ptr<int64_t>()[i] = dataset->label(row);
    side.set.names.push_back(dataset->name(row));
  }
  side.set.features = at::empty({count, 0}, at::kFloat);
  side.set.class_names = dataset->class_names();
  side.set.inputs = {{name, ""}};
  side.pictures = subset_dataset(dataset, std::move(rows));
  return side;
}

std::vector<int64_t> labelled_samples(const SampleDataset& dataset) {
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    if (dataset.label(i) >= 0) rows.push_back(i);
  }
  return rows;
}

/// Those whose own streams give the smallest numbers, in their order in the data set: sets sorted
/// by class are represented fairly, and reading goes forward.
std::vector<int64_t> draw_samples(const SampleDataset& dataset, std::vector<int64_t> rows,
                                  const EncoderProbeOptions& options) {
  const auto wanted = static_cast<size_t>(options.samples);
  if (rows.size() <= wanted) return rows;
  std::vector<std::pair<double, int64_t>> keyed;
  for (const int64_t row : rows) {
    keyed.emplace_back(RandomStream(options.seed, "probe", 0, dataset.id(row)).uniform(), row);
  }
  std::nth_element(keyed.begin(), keyed.begin() + static_cast<std::ptrdiff_t>(wanted), keyed.end());
  rows.clear();
  for (size_t i = 0; i < wanted; ++i) rows.push_back(keyed[i].second);
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// done  pictures encoded before these, for the progress bar
void encode_side(MaskedModel& model, const Placement& placement, const EncoderProbeOptions& options,
                 Progress& progress, int64_t done, Side* side) {
  LoaderOptions loading;
  loading.batch_size = options.batch_size;
  loading.threads = options.threads > 0 ? options.threads : at::get_num_threads();
  loading.augment.augment = Augment::kNone;
  loading.augment.img_size = model.img_size();
  loading.stats = options.stats;
  BatchLoader loader(side->pictures, loading);
  loader.start_epoch(0);
  side->set.features = at::empty({side->pictures->size(), model.embed_dim()}, at::kFloat);
  int64_t row = 0;
  while (const std::optional<Batch> batch = loader.next()) {
    check_interrupt();
    const int64_t B = batch->images.size(0);
    Tensor tokens;  // [B, T + L, D]
    {
      const AutocastGuard autocast(placement.device, placement.dtype);
      tokens = model.encode(batch->images.to(placement.device, placement.weight_dtype())).tokens;
    }
    side->set.features.narrow(/*dim=*/0, row, B)
        .copy_(pool_tokens(tokens.to(at::kFloat), Pool::kMean, model.num_prefix_tokens()));
    row += B;
    progress.update(done + row);
  }
  if (!at::isfinite(side->set.features).all().item<bool>()) {
    throw NumericError("the encoder's features are not finite", "--probe-every",
                       "use a smaller --lr or float32; the last good save is kept");
  }
}

}  // namespace
}  // namespace mae
