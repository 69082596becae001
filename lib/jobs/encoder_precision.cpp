// Calibration and comparison run the plain model before its layers are packed.
#include "mae/jobs/encoder_precision.h"

#include <ATen/ops/cat.h>

#include <algorithm>

#include "mae/base/error.h"
#include "mae/nn/pack_layers.h"

namespace mae {
namespace {

constexpr int64_t kComparedAtMost = 256;
constexpr int64_t kNeighbours = 10;

/// `count` places evenly among `size`.
std::vector<int64_t> spread(int64_t count, int64_t size) {
  count = std::min(count, size);
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < count; ++i) indices.push_back(i * size / count);
  return indices;
}

/// Pooled features [n, D] of these samples, in batches; samples that cannot be read are left out.
Tensor features_of(const Inference& inference, const InferenceOptions& options,
                   const FeatureRequest& request, const std::vector<int64_t>& indices) {
  FeatureRequest pooled;
  pooled.pool = request.pool;
  std::vector<Tensor> features;
  const auto size = static_cast<int64_t>(indices.size());
  for (int64_t first = 0; first < size; first += options.batch_size) {
    const int64_t last = std::min(size, first + options.batch_size);
    const ImageBatch batch =
        read_samples(inference, options, {indices.begin() + first, indices.begin() + last});
    if (!batch.images.empty())
      features.push_back(extract_features(inference, pooled, batch, {}).features);
  }
  if (features.empty())
    throw DataError("none of the pictures to calibrate with can be read", options.inputs.front());
  return at::cat(features);
}

Inference in_float32(const Inference& inference) {
  Inference plain = inference;
  plain.dtype = at::kFloat;
  plain.side_by_side = false;  // layers are observed batch by batch, in order
  return plain;
}

/// Of each row the `count` most similar others, [n, count].
Tensor nearest(const Tensor& unit, int64_t count) {
  Tensor similarity = unit.matmul(unit.t());  // [n, n]
  similarity.fill_diagonal_(-2);
  return std::get<1>(similarity.topk(count));
}

Tensor unit_rows(const Tensor& features) {
  return features / features.norm(2, /*dim=*/{1}, /*keepdim=*/true).clamp_min(1e-12);
}

PrecisionReport compare_features(const Tensor& exact, const Tensor& found) {
  const Tensor a = unit_rows(exact), b = unit_rows(found);
  const Tensor cosine = (a * b).sum(/*dim=*/1);
  PrecisionReport report;
  report.samples = a.size(0);
  report.mean_cosine = cosine.mean().item<double>();
  report.min_cosine = cosine.min().item<double>();
  if (report.samples < 3) return report;
  const int64_t count = std::min(kNeighbours, report.samples - 1);
  // [n, count, 1] against [n, 1, count]: how many of the ones are among the others
  const Tensor same = nearest(a, count).unsqueeze(2).eq(nearest(b, count).unsqueeze(1));
  report.knn_agreement = same.sum().item<double>() / static_cast<double>(report.samples * count);
  return report;
}

}  // namespace

std::optional<PrecisionReport> prepare_encoder(const Inference& inference,
                                               const InferenceOptions& options,
                                               const FeatureRequest& request,
                                               const PrecisionOptions& precision) {
  const bool int8 = inference.precision == "int8";
  if (int8 && precision.calibration_size < 1)
    throw UsageError("must be at least 1", "--calibration-size");
  const int64_t size = inference.dataset->size();
  const std::vector<int64_t> compared = spread(kComparedAtMost, size);
  const Inference plain = in_float32(inference);
  Tensor exact;
  if (precision.compare) exact = features_of(plain, options, request, compared);
  if (int8) {
    const auto calibrate = [&] {
      features_of(plain, options, request, spread(precision.calibration_size, size));
    };
    pack_layers_int8(*inference.model, calibrate);
  } else if (inference.precision == "bfloat16" && inference.device.is_cpu()) {
    pack_layers_bfloat16(*inference.model);
  }
  if (!precision.compare) return std::nullopt;
  return compare_features(exact, features_of(inference, options, request, compared));
}

}  // namespace mae
