// One path from pictures to features, so that every probe sees what mae-encode writes.
#include "mae/jobs/labelled_pictures.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>

#include <utility>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/data/subset_dataset.h"

namespace mae {

std::vector<int64_t> labelled_samples(const SampleDataset& dataset) {
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    if (dataset.label(i) >= 0) rows.push_back(i);
  }
  return rows;
}

LabelledPictures choose_pictures(const std::shared_ptr<const SampleDataset>& dataset,
                                 std::vector<int64_t> rows, const std::string& name) {
  LabelledPictures chosen;
  const auto count = static_cast<int64_t>(rows.size());
  chosen.set.labels = at::empty({count}, at::kLong);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = rows[static_cast<size_t>(i)];
    chosen.set.labels.data_ptr<int64_t>()[i] = dataset->label(row);
    chosen.set.names.push_back(dataset->name(row));
  }
  chosen.set.features = at::empty({count, 0}, at::kFloat);
  chosen.set.class_names = dataset->class_names();
  chosen.set.inputs = {{name, ""}};
  chosen.pictures = subset_dataset(dataset, std::move(rows));
  return chosen;
}

LoaderOptions evaluation_loading(const PictureEncoder& encoder) {
  LoaderOptions loading;
  loading.batch_size = encoder.batch_size;
  loading.threads = encoder.threads > 0 ? encoder.threads : at::get_num_threads();
  loading.augment.augment = Augment::kNone;
  loading.augment.img_size = encoder.model.img_size();
  loading.stats = encoder.stats;
  return loading;
}

Tensor encode_batch(const PictureEncoder& encoder, const Batch& batch) {
  const at::NoGradGuard no_grad;
  const Placement& placement = encoder.placement;
  Tensor tokens;  // [B, T + L, D]
  {
    const AutocastGuard autocast(placement.device, placement.dtype);
    tokens =
        encoder.model.encode(batch.images.to(placement.device, placement.weight_dtype())).tokens;
  }
  return encoder.model.pooled_features(tokens.to(at::kFloat), encoder.pool).to(at::kCPU);
}

Tensor encode_pictures(const PictureEncoder& encoder,
                       const std::shared_ptr<const SampleDataset>& pictures,
                       const std::function<void(int64_t)>& encoded) {
  BatchLoader loader(pictures, evaluation_loading(encoder));
  loader.start_epoch(0);
  Tensor features;  // [N, D]
  int64_t row = 0;
  while (const std::optional<Batch> batch = loader.next()) {
    check_interrupt();
    const Tensor part = encode_batch(encoder, *batch);
    if (!features.defined()) features = at::empty({pictures->size(), part.size(1)}, at::kFloat);
    features.narrow(/*dim=*/0, row, part.size(0)).copy_(part);
    row += part.size(0);
    encoded(row);
  }
  if (!at::isfinite(features).all().item<bool>()) {
    throw NumericError("the encoder's features are not finite", encoder.where, encoder.hint);
  }
  return features;
}

}  // namespace mae
