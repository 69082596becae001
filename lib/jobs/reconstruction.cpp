// The model's pass, denormalisation and error of one batch.
#include "mae/jobs/reconstruction.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "mae/base/error.h"
#include "mae/data/batch_loader.h"
#include "mae/jobs/feature_extraction.h"
#include "mae/ops/patch_loss.h"
#include "mae/ops/patchify.h"
#include "mae/report/patch_picture.h"
#include "mae/train/device.h"

namespace mae {
namespace {

Tensor predict_patches(const Inference& inference, const Tensor& images, const MaskList& masks);
Tensor undo_patch_normalization(const Tensor& pred, const Tensor& images, const Tensor& mask,
                                const MaskedModel& model, PatchStatsSource source);
Tensor to_pixels(const Tensor& patches, const PixelStats& stats);
Tensor original_patches(const std::vector<Image>& images, Size2d patch_size);
void check_finite(const Tensor& pred, const Inference& inference, const ImageBatch& batch);

}  // namespace

PatchStatsSource parse_patch_stats(const std::string& name) {
  if (name == "visible") return PatchStatsSource::kVisible;
  if (name == "truth") return PatchStatsSource::kTruth;
  throw UsageError("unknown source '" + name + "'; expected visible or truth", "--patch-stats");
}

ReconstructedBatch reconstruct(const Inference& inference, PatchStatsSource source,
                               const ImageBatch& batch, const MaskList& masks) {
  const c10::InferenceMode no_autograd;
  const MaskedModel& model = *inference.model;
  const Tensor images = normalize_images(batch.images, inference.stats);  // [B, C, H, W]
  Tensor pred = predict_patches(inference, images, masks);                // [B, L, P]
  check_finite(pred, inference, batch);

  std::vector<int64_t> rows(masks.size());
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int64_t>(i);
  ReconstructedBatch out;
  out.mask = mask_tensor(masks, rows).ne(0).to(at::kByte);
  if (model.norm_pix_loss()) {
    pred = undo_patch_normalization(pred, images, out.mask, model, source);
  }
  out.original = original_patches(batch.images, model.patch_size());
  const Tensor hidden = out.mask.to(at::kBool).unsqueeze(-1);  // [B, L, 1]
  out.reconstruction =
      at::where(hidden, to_pixels(pred, inference.stats), out.original).contiguous();
  const Tensor difference = out.reconstruction.to(at::kFloat) - out.original.to(at::kFloat);
  out.error = difference.square().mean(/*dim=*/-1).contiguous();  // [B, L]
  return out;
}

Tensor fill_from_visible(const Tensor& values, const Tensor& mask, Size2d grid) {
  const Tensor index = at::arange(grid.area(), at::kLong);
  const Tensor row = index.div(grid.width, "floor").to(at::kFloat);
  const Tensor column = index.remainder(grid.width).to(at::kFloat);
  const Tensor distance = (row.unsqueeze(1) - row).square() +
                          (column.unsqueeze(1) - column).square();  // [L, L], squared
  const Tensor weight = distance.clamp_min(1.0).square().reciprocal();
  const Tensor visible = mask.eq(0).to(at::kFloat).unsqueeze(1);              // [B, 1, L]
  const Tensor sum = at::matmul(visible * values.transpose(1, 2), weight);    // [B, K, L]
  const Tensor filled = (sum / at::matmul(visible, weight)).transpose(1, 2);  // [B, L, K]
  return at::where(mask.ne(0).unsqueeze(-1), filled, values);
}

namespace {

Tensor predict_patches(const Inference& inference, const Tensor& images, const MaskList& masks) {
  Tensor whole;
  const Tensor on_device = images.to(inference.device);
  for (const std::vector<int64_t>& members : group_by_hidden(masks)) {
    const Tensor rows = at::tensor(members, at::kLong);
    const PatchSelection selection =
        selection_from_mask(mask_tensor(masks, members).to(inference.device));
    Tensor pred;
    {
      const AutocastGuard autocast(inference.device, inference.dtype);
      pred = inference.model
                 ->forward(on_device.index_select(/*dim=*/0, rows.to(inference.device)), selection)
                 .pred;
    }
    pred = inference.model->predicted_patches(pred).to(at::kCPU, at::kFloat);  // [group, L, P]
    if (!whole.defined()) whole = at::zeros({images.size(0), pred.size(1), pred.size(2)});
    whole.index_copy_(/*dim=*/0, rows, pred);
  }
  return whole;
}

Tensor undo_patch_normalization(const Tensor& pred, const Tensor& images, const Tensor& mask,
                                const MaskedModel& model, PatchStatsSource source) {
  PatchStats stats = model.target_stats(patchify(images, model.patch_size()));
  if (source == PatchStatsSource::kVisible) {
    stats.mean = fill_from_visible(stats.mean, mask, model.grid());
    stats.std = fill_from_visible(stats.std, mask, model.grid());
  }
  return denormalize_patches(pred, stats);
}

/// Normalised patches [B, L, P] to uint8, rounded.
Tensor to_pixels(const Tensor& patches, const PixelStats& stats) {
  const auto channels = static_cast<int64_t>(stats.mean.size());
  const Tensor mean = at::tensor(stats.mean, at::kFloat), std = at::tensor(stats.std, at::kFloat);
  const Tensor by_channel = patches.unflatten(-1, {patches.size(-1) / channels, channels});
  const Tensor pixels = (by_channel * std + mean) * 255.0;  // [B, L, p * p, C]
  return pixels.flatten(2).clamp(0, 255).round().to(at::kByte);
}

Tensor original_patches(const std::vector<Image>& images, Size2d patch_size) {
  const Image& first = images.front();
  Tensor pixels =
      at::empty({static_cast<int64_t>(images.size()), first.height, first.width, first.channels},
                at::kByte);  // [B, H, W, C]
  uint8_t* out = pixels.data_ptr<uint8_t>();
  for (const Image& image : images) {
    const Image shown = to_eight_bits(image);
    out = std::copy(shown.bytes.begin(), shown.bytes.end(), out);
  }
  return patchify(pixels.permute({0, 3, 1, 2}), patch_size).contiguous();  // [B, L, P]
}

void check_finite(const Tensor& pred, const Inference& inference, const ImageBatch& batch) {
  const Tensor good = at::isfinite(pred).flatten(1).all(1);  // [B]
  if (good.all().item<bool>()) return;
  const auto row = static_cast<size_t>(good.to(at::kInt).argmin().item<int64_t>());
  throw NumericError("the prediction is not finite", inference.dataset->name(batch.indices[row]),
                     "check the checkpoint with mae-info --check, or try --dtype float32");
}

}  // namespace
}  // namespace mae
