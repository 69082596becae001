// The model's pass, denormalisation and error of one batch.
#include "mae/jobs/reconstruction.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "mae/base/error.h"
#include "mae/data/batch_loader.h"
#include "mae/jobs/feature_extraction.h"
#include "mae/ops/patch_loss.h"
#include "mae/ops/patchify.h"
#include "mae/ops/tubelets.h"
#include "mae/report/patch_picture.h"
#include "mae/train/device.h"

namespace mae {
namespace {

struct Prediction {
  Tensor patches;  // [B, L, P]
  Tensor guesses;  // [B, T]
};
Prediction predict(const Inference& inference, const Tensor& images, const MaskList& masks,
                   const TextInput& captions);
Tensor undo_patch_normalization(const Tensor& pred, const Tensor& images, const Tensor& mask,
                                const MaskedModel& model, PatchStatsSource source);
Tensor to_pixels(const Tensor& patches, const PixelStats& stats);
Tensor original_patches(const std::vector<Image>& images, const MaskedModel& model);
void check_finite(const Tensor& pred, const Inference& inference, const ImageBatch& batch);

}  // namespace

PatchStatsSource parse_patch_stats(const std::string& name) {
  if (name == "visible") return PatchStatsSource::kVisible;
  if (name == "truth") return PatchStatsSource::kTruth;
  throw UsageError("unknown source '" + name + "'; expected visible or truth", "--patch-stats");
}

ReconstructedBatch reconstruct(const Inference& inference, PatchStatsSource source,
                               const ImageBatch& batch, const MaskList& masks,
                               const TextInput& captions) {
  const c10::InferenceMode no_autograd;
  const MaskedModel& model = *inference.model;
  const Tensor images =  // [B, C, H, W] or [B, C, T, H, W]
      normalize_images(batch.images, inference.stats, model.num_frames());
  const Prediction predicted = predict(inference, images, masks, captions);
  Tensor pred = predicted.patches;  // [B, L, P]
  check_finite(pred, inference, batch);

  std::vector<int64_t> rows(masks.size());
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int64_t>(i);
  ReconstructedBatch out;
  out.guesses = predicted.guesses;
  out.mask = mask_tensor(masks, rows).ne(0).to(at::kByte);
  if (model.norm_pix_loss()) {
    pred = undo_patch_normalization(pred, images, out.mask, model, source);
  }
  out.original = original_patches(batch.images, model);
  const Tensor hidden = out.mask.to(at::kBool).unsqueeze(-1);  // [B, L, 1]
  out.reconstruction =
      at::where(hidden, to_pixels(pred, inference.stats), out.original).contiguous();
  const Tensor difference = out.reconstruction.to(at::kFloat) - out.original.to(at::kFloat);
  out.error = difference.square().mean(/*dim=*/-1).contiguous();  // [B, L]
  return out;
}

Tensor fill_from_visible(const Tensor& values, const Tensor& mask, const MaskGrid& grid) {
  const Size2d frame = grid.frame;
  const Tensor index = at::arange(grid.tokens(), at::kLong);
  const Tensor slot = index.div(frame.area(), "floor").to(at::kFloat);
  const Tensor row = index.div(frame.width, "floor").remainder(frame.height).to(at::kFloat);
  const Tensor column = index.remainder(frame.width).to(at::kFloat);
  Tensor distance = at::zeros({grid.tokens(), grid.tokens()}, at::kFloat);  // [L, L], squared
  for (const Tensor& place : {slot, row, column})
    distance = distance + (place.unsqueeze(1) - place).square();
  const Tensor weight = distance.clamp_min(1.0).square().reciprocal();
  const Tensor visible = mask.eq(0).to(at::kFloat).unsqueeze(1);              // [B, 1, L]
  const Tensor sum = at::matmul(visible * values.transpose(1, 2), weight);    // [B, K, L]
  const Tensor filled = (sum / at::matmul(visible, weight)).transpose(1, 2);  // [B, L, K]
  return at::where(mask.ne(0).unsqueeze(-1), filled, values);
}

namespace {

/// The captions of some rows, on the device.
TextInput rows_of(const TextInput& captions, const Tensor& rows, c10::Device device) {
  if (!captions.tokens.defined()) return {};
  const auto take = [&](const Tensor& whole) {
    return whole.index_select(/*dim=*/0, rows).to(device);
  };
  const PatchSelection& words = captions.selection;
  return {take(captions.tokens),
          take(captions.padding),
          {take(words.ids_keep), take(words.ids_restore), take(words.mask)}};
}

Prediction predict(const Inference& inference, const Tensor& images, const MaskList& masks,
                   const TextInput& captions) {
  Prediction whole;
  if (captions.tokens.defined()) whole.guesses = at::zeros_like(captions.tokens);
  MaskedModel& model = *inference.model;
  for (const std::vector<int64_t>& members : group_by_hidden(masks)) {
    const Tensor rows = at::tensor(members, at::kLong);
    const PatchSelection selection =
        selection_from_mask(mask_tensor(masks, members).to(inference.device));
    const Tensor group = images.index_select(/*dim=*/0, rows).to(inference.device);
    PretrainOutput output;
    {
      const AutocastGuard autocast(inference.device, inference.dtype);
      output = captions.tokens.defined()
                   ? model.forward_with_text(group, selection,
                                             rows_of(captions, rows, inference.device), {})
                   : model.forward(group, selection);
    }
    const Tensor pred =
        model.predicted_patches(output.pred).to(at::kCPU, at::kFloat);  // [group, L, P]
    if (!whole.patches.defined())
      whole.patches = at::zeros({images.size(0), pred.size(1), pred.size(2)});
    whole.patches.index_copy_(/*dim=*/0, rows, pred);
    if (whole.guesses.defined())
      whole.guesses.index_copy_(/*dim=*/0, rows, output.text_pred.argmax(/*dim=*/-1).to(at::kCPU));
  }
  return whole;
}

/// Patches of pictures, tubelets of clips: [B, L, P].
Tensor patches_of(const Tensor& images, const MaskedModel& model) {
  return images.dim() == 5 ? tubelets(images, model.tubelet_size(), model.patch_size())
                           : patchify(images, model.patch_size());
}

Tensor undo_patch_normalization(const Tensor& pred, const Tensor& images, const Tensor& mask,
                                const MaskedModel& model, PatchStatsSource source) {
  PatchStats stats = model.target_stats(patches_of(images, model));
  if (source == PatchStatsSource::kVisible) {
    stats.mean = fill_from_visible(stats.mean, mask, model.mask_grid());
    stats.std = fill_from_visible(stats.std, mask, model.mask_grid());
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

Tensor original_patches(const std::vector<Image>& images, const MaskedModel& model) {
  const Image& first = images.front();
  Tensor pixels =
      at::empty({static_cast<int64_t>(images.size()), first.height, first.width, first.channels},
                at::kByte);  // [B, H, W, C]
  uint8_t* out = pixels.data_ptr<uint8_t>();
  for (const Image& image : images) {
    const Image shown = to_eight_bits(image);
    out = std::copy(shown.bytes.begin(), shown.bytes.end(), out);
  }
  pixels = pixels.permute({0, 3, 1, 2});  // [B, C, H, W]
  if (model.num_frames() > 1) pixels = pixels.unflatten(2, {model.num_frames(), -1});
  return patches_of(pixels, model).contiguous();  // [B, L, P]
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
