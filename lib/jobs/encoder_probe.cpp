// Which pictures take part is settled once; their features are made anew each time.
#include "mae/jobs/encoder_probe.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "mae/base/error.h"
#include "mae/base/random_stream.h"
#include "mae/eval/knn.h"
#include "mae/jobs/labelled_pictures.h"

namespace mae {
namespace {

LabelledPictures choose_side(const std::shared_ptr<const SampleDataset>& dataset,
                             const std::string& name, const EncoderProbeOptions& options);
std::vector<int64_t> draw_samples(const SampleDataset& dataset, std::vector<int64_t> rows,
                                  const EncoderProbeOptions& options);

}  // namespace

EncoderProbe make_encoder_probe(std::shared_ptr<const SampleDataset> train,
                                std::shared_ptr<const SampleDataset> validation,
                                const EncoderProbeOptions& options, Progress& progress) {
  const LabelledPictures keys = choose_side(train, options.train_name, options);
  const LabelledPictures queries = choose_side(validation, options.validation_name, options);
  const int64_t classes = class_count(keys.set, queries.set);
  return [=, &progress](MaskedModel& model, const Placement& placement) {
    const int64_t keys_count = keys.pictures->size(), queries_count = queries.pictures->size();
    const PictureEncoder encoder{model,
                                 placement,
                                 Pool::kMean,
                                 options.stats,
                                 options.batch_size,
                                 options.threads,
                                 "--probe-every",
                                 "use a smaller --lr or float32; the last good save is kept"};
    FeatureSet encoded_keys = keys.set, encoded_queries = queries.set;
    progress.begin("probe", keys_count + queries_count, "images");
    encoded_keys.features =
        encode_pictures(encoder, keys.pictures, [&](int64_t done) { progress.update(done); });
    encoded_queries.features = encode_pictures(
        encoder, queries.pictures, [&](int64_t done) { progress.update(keys_count + done); });
    KnnOptions neighbours;
    neighbours.k = {std::min(options.k, keys_count)};
    const double top1 = knn(encoded_keys, encoded_queries, classes, neighbours).front().top1;
    progress.end();
    return top1;
  };
}

namespace {

LabelledPictures choose_side(const std::shared_ptr<const SampleDataset>& dataset,
                             const std::string& name, const EncoderProbeOptions& options) {
  std::vector<int64_t> rows = labelled_samples(*dataset);
  if (rows.empty()) {
    throw DataError("no picture has a label, which --probe-every compares", name,
                    "make the shard from class folders or a table with a label column, or leave "
                    "--probe-every out");
  }
  return choose_pictures(dataset, draw_samples(*dataset, std::move(rows), options), name);
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

}  // namespace
}  // namespace mae
