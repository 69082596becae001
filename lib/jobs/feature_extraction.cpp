// The encoder's pass over one batch. Samples that hide different numbers of patches run in groups
// of equal ones.
#include "mae/jobs/feature_extraction.h"

#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <numeric>

#include "mae/base/error.h"
#include "mae/data/batch_loader.h"
#include "mae/train/copy_stream.h"
#include "mae/train/device.h"

namespace mae {
namespace {

FeatureBatch encode_side_by_side(const Inference& inference, const FeatureRequest& request,
                                 const Tensor& images);
FeatureBatch encode_group(const Inference& inference, const FeatureRequest& request,
                          const Tensor& images, const PatchSelection* selection);
FeatureBatch join(const std::vector<FeatureBatch>& parts);
Tensor scatter_tokens(const Tensor& tokens, const PatchSelection& selection);
void copy_rows(Tensor& whole, const Tensor& part, const Tensor& rows, int64_t batch);
void fetch(StartedFeatures& started);
void check_finite(const FeatureBatch& features, const Inference& inference,
                  const std::vector<int64_t>& indices);

}  // namespace

std::optional<Pool> parse_pool(const std::string& name) {
  if (name == "auto") return std::nullopt;
  if (name == "cls") return Pool::kCls;
  if (name == "mean") return Pool::kMean;
  throw UsageError("unknown pooling '" + name + "'; expected auto, cls or mean", "--pool");
}

FeatureRequest settle_request(const FeatureRequest& request, const MaskedModel& model) {
  FeatureRequest settled = request;
  if (!settled.pool) settled.pool = model.default_pool();
  if (*settled.pool == Pool::kCls && model.num_prefix_tokens() == 0) {
    throw UsageError("the model has no class token", "--pool", "use --pool mean");
  }
  if (settled.attention && !model.has_cls_attention()) {
    throw UsageError("the model has no class token whose attention could be written",
                     "--attention");
  }
  if (settled.maps && model.map_strides().empty()) {
    throw UsageError("the model has no feature maps", "--maps",
                     "its patch tokens are one: --patches");
  }
  for (const int64_t block : settled.blocks) {
    if (block >= 1 && block <= model.depth()) continue;
    throw UsageError("the model has no block " + std::to_string(block) + "; expected 1 to " +
                         std::to_string(model.depth()),
                     "--blocks");
  }
  return settled;
}

StartedFeatures start_features(const Inference& inference, const FeatureRequest& request,
                               const ImageBatch& batch, const MaskList& masks) {
  const c10::InferenceMode no_autograd;
  CopyStream copies(inference.device);
  const Tensor images = copies.send(  // [B, C, H, W] or [B, C, T, H, W]
      normalize_images(batch.images, inference.stats, inference.model->num_frames()));
  StartedFeatures started;
  started.indices = batch.indices;
  if (masks.empty()) {
    copies.join();
    started.features = encode_side_by_side(inference, request, images);
  } else {
    for (const std::vector<int64_t>& members : group_by_hidden(masks)) {
      const Tensor rows = copies.send(at::tensor(members, at::kLong));
      const PatchSelection selection =
          copies.send(selection_from_mask(mask_tensor(masks, members)));
      copies.join();
      const FeatureBatch part =
          encode_group(inference, request, images.index_select(/*dim=*/0, rows), &selection);
      FeatureBatch& whole = started.features;
      copy_rows(whole.features, part.features, rows, images.size(0));
      copy_rows(whole.patch_features, part.patch_features, rows, images.size(0));
      copy_rows(whole.block_features, part.block_features, rows, images.size(0));
      copy_rows(whole.attention, part.attention, rows, images.size(0));
    }
  }
  fetch(started);
  return started;
}

FeatureBatch finish_features(const Inference& inference, const FeatureRequest& request,
                             StartedFeatures started) {
  const c10::InferenceMode no_autograd;
  started.copies.wait();
  FeatureBatch& features = started.features;
  check_finite(features, inference, started.indices);
  if (request.half_patches) {
    if (features.patch_features.defined())
      features.patch_features = features.patch_features.to(at::kHalf);
    for (Tensor& map : features.maps) map = map.to(at::kHalf);
  }
  return std::move(features);
}

FeatureBatch extract_features(const Inference& inference, const FeatureRequest& request,
                              const ImageBatch& batch, const MaskList& masks) {
  return finish_features(inference, request, start_features(inference, request, batch, masks));
}

FeatureBatch blank_features(const Inference& inference, const FeatureRequest& request) {
  const c10::InferenceMode no_autograd;
  const MaskedModel& model = *inference.model;
  const Size2d size = model.img_size();
  Tensor blank = at::zeros({1, model.in_chans(), model.num_frames(), size.height, size.width},
                           at::TensorOptions(at::kFloat).device(inference.device));
  if (model.num_frames() == 1) blank = blank.squeeze(/*dim=*/2);
  return encode_group(inference, request, blank, nullptr);
}

Tensor mask_tensor(const MaskList& masks, const std::vector<int64_t>& rows) {
  const auto patches = static_cast<int64_t>(masks.front().size());
  Tensor tensor = at::empty({static_cast<int64_t>(rows.size()), patches}, at::kByte);  // [B, L]
  uint8_t* out = tensor.data_ptr<uint8_t>();
  for (const int64_t row : rows) {
    out = std::copy(masks[static_cast<size_t>(row)].begin(), masks[static_cast<size_t>(row)].end(),
                    out);
  }
  return tensor;
}

namespace {

/// How many parts of a batch the threads encode each for itself, meeting once a batch instead of
/// several times a block. A part has to be large enough that products read weights seldom.
int64_t side_by_side(const Inference& inference, const Tensor& images) {
  constexpr int64_t kTokensAtLeast = 256;
  const int64_t tokens = inference.model->mask_grid().tokens();
  const int64_t pictures = std::max<int64_t>(1, (kTokensAtLeast + tokens - 1) / tokens);
  const int64_t threads = at::get_num_threads();
  if (!inference.side_by_side || !inference.device.is_cpu()) return 1;
  return images.size(0) / pictures >= threads ? threads : 1;
}

FeatureBatch encode_side_by_side(const Inference& inference, const FeatureRequest& request,
                                 const Tensor& images) {
  const int64_t count = side_by_side(inference, images), B = images.size(0);
  if (count == 1) return encode_group(inference, request, images, nullptr);
  std::vector<FeatureBatch> parts(static_cast<size_t>(count));
  at::parallel_for(0, count, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    const c10::InferenceMode no_autograd;  // a thread's own
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = B * i / count, last = B * (i + 1) / count;
      parts[static_cast<size_t>(i)] =
          encode_group(inference, request, images.slice(/*dim=*/0, first, last), nullptr);
    }
  });
  return join(parts);
}

/// The same fields are defined in all.
FeatureBatch join(const std::vector<FeatureBatch>& parts) {
  const auto whole = [&](const auto& field) {
    std::vector<Tensor> tensors;
    for (const FeatureBatch& part : parts) tensors.push_back(field(part));
    return tensors.front().defined() ? at::cat(tensors) : Tensor();
  };
  FeatureBatch features;
  features.features = whole([](const FeatureBatch& part) { return part.features; });
  features.patch_features = whole([](const FeatureBatch& part) { return part.patch_features; });
  features.block_features = whole([](const FeatureBatch& part) { return part.block_features; });
  features.attention = whole([](const FeatureBatch& part) { return part.attention; });
  for (size_t i = 0; i < parts.front().maps.size(); ++i)
    features.maps.push_back(whole([i](const FeatureBatch& part) { return part.maps[i]; }));
  return features;
}

FeatureBatch encode_group(const Inference& inference, const FeatureRequest& request,
                          const Tensor& images, const PatchSelection* selection) {
  EncoderOutput output;
  {
    const AutocastGuard autocast(inference.device, inference.dtype);
    output = inference.model->encode(images, selection,
                                     {request.blocks, request.attention, request.maps});
  }
  const MaskedModel& model = *inference.model;
  const Pool pool = *request.pool;
  const int64_t prefix = model.num_prefix_tokens();
  const auto finished = [](const Tensor& tensor) { return tensor.to(at::kFloat).contiguous(); };
  FeatureBatch features;
  features.features = finished(model.pooled_features(output.tokens.to(at::kFloat), pool));
  if (request.patches) {
    const Tensor patches = output.tokens.slice(/*dim=*/1, prefix).to(at::kFloat);  // [B, L_vis, D]
    if (selection && patches.size(1) != selection->ids_keep.size(1))
      throw UsageError("the model's tokens are no patches while some are hidden", "--patches",
                       "leave out --patches, or the masking options");
    features.patch_features = finished(selection ? scatter_tokens(patches, *selection) : patches);
  }
  if (!request.blocks.empty()) {
    std::vector<Tensor> pooled;
    for (const Tensor& block : output.blocks) {
      if (block.size(2) != output.blocks.front().size(2))
        throw UsageError("the blocks are of stages of different width", "--blocks",
                         "ask for the blocks of one stage at a time");
      pooled.push_back(pool_tokens(block.to(at::kFloat), pool, prefix));
    }
    features.block_features = finished(at::stack(pooled, /*dim=*/1));  // [B, K, D]
  }
  if (request.attention) {
    Tensor attention = output.attention.to(at::kFloat).transpose(1, 2);  // [B, L_vis, N]
    if (selection) attention = scatter_tokens(attention, *selection);    // [B, L, N]
    features.attention = finished(attention.transpose(1, 2));            // [B, N, L]
  }
  for (const Tensor& map : output.maps) features.maps.push_back(finished(map));
  return features;
}

/// Visible tokens [B, L_vis, D] to their places among zeros [B, L, D].
Tensor scatter_tokens(const Tensor& tokens, const PatchSelection& selection) {
  const int64_t B = tokens.size(0), L = selection.mask.size(1), D = tokens.size(2);
  Tensor whole = at::zeros({B, L, D}, tokens.options());
  const Tensor places = selection.ids_keep.unsqueeze(-1).expand({B, tokens.size(1), D});
  return whole.scatter_(/*dim=*/1, places, tokens);
}

/// Puts a group's rows into the batch, which is made at the first group.
void copy_rows(Tensor& whole, const Tensor& part, const Tensor& rows, int64_t batch) {
  if (!part.defined()) return;
  if (!whole.defined()) {
    std::vector<int64_t> shape = part.sizes().vec();
    shape[0] = batch;
    whole = at::zeros(shape, part.options());
  }
  whole.index_copy_(/*dim=*/0, rows, part);
}

/// From the device, without waiting.
void fetch(StartedFeatures& started) {
  FeatureBatch& features = started.features;
  for (Tensor* tensor : {&features.features, &features.patch_features, &features.block_features,
                         &features.attention})
    *tensor = started.copies.fetch(*tensor);
  for (Tensor& map : features.maps) map = started.copies.fetch(map);
}

void check_finite(const FeatureBatch& features, const Inference& inference,
                  const std::vector<int64_t>& indices) {
  std::vector<Tensor> all = features.maps;
  all.insert(all.end(), {features.features, features.patch_features, features.block_features,
                         features.attention});
  for (const Tensor& tensor : all) {
    if (!tensor.defined()) continue;
    const Tensor good = at::isfinite(tensor).flatten(1).all(1);  // [B]
    if (good.all().item<bool>()) continue;
    const auto row = static_cast<size_t>(good.to(at::kInt).argmin().item<int64_t>());
    throw NumericError("the features are not finite", inference.dataset->name(indices[row]),
                       "check the checkpoint with mae-info --check, or try --dtype float32");
  }
}

}  // namespace
}  // namespace mae
