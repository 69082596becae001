// One switch a question; a new target is a line in each.
#include "mae/models/reconstruction_target.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <array>
#include <utility>

#include "mae/base/error.h"
#include "mae/ops/kmeans.h"
#include "mae/ops/patch_target.h"
#include "mae/ops/patchify.h"

namespace mae {
namespace {

constexpr std::array<std::pair<const char*, TargetKind>, 5> kNames{
    {{"pixels", TargetKind::kPixels},
     {"norm-pixels", TargetKind::kNormPixels},
     {"norm-pixels-channel", TargetKind::kNormPixelsChannel},
     {"pca", TargetKind::kPca},
     {"tokens", TargetKind::kTokens}}};

}  // namespace

const char* target_name(TargetKind kind) {
  for (const auto& [name, known] : kNames)
    if (known == kind) return name;
  return "";
}

TargetKind parse_target(const std::string& name) {
  std::string choices;
  for (const auto& [known, kind] : kNames) {
    if (name == known) return kind;
    choices += (choices.empty() ? "" : ", ") + std::string(known);
  }
  throw UsageError("unknown target '" + name + "'; expected one of " + choices, "--target");
}

bool has_target_tensors(TargetKind kind) {
  return kind == TargetKind::kPca || kind == TargetKind::kTokens;
}

ReconstructionTarget::ReconstructionTarget(const TargetOptions& options) : options_(options) {
  const int64_t P = options.patch_size.area() * options.in_chans;
  if (options.kind == TargetKind::kPca) {
    mean_ = register_buffer("mean", at::zeros({P}));
    basis_ = register_buffer("basis", at::zeros({options.size, P}));
  } else if (options.kind == TargetKind::kTokens) {
    codebook_ = register_buffer("codebook", at::zeros({options.size, P}));
  }
}

int64_t ReconstructionTarget::pred_size() const {
  return has_target_tensors(options_.kind) ? options_.size
                                           : options_.patch_size.area() * options_.in_chans;
}

Tensor ReconstructionTarget::of(const Tensor& images) const {
  // Autocast would make the products below in half precision.
  const c10::impl::ExcludeDispatchKeyGuard full_precision(c10::autocast_dispatch_keyset);
  if (options_.kind == TargetKind::kPixels || options_.kind == TargetKind::kNormPixels) {
    return patch_target(images, options_.patch_size, options_.kind == TargetKind::kNormPixels);
  }
  const Tensor patches = patchify(images.detach(), options_.patch_size);  // [B, L, P]
  switch (options_.kind) {
    case TargetKind::kNormPixelsChannel:
      return normalize_patches(patches, stats(patches));
    case TargetKind::kPca:
      return at::matmul(patches - mean_, basis_.t());  // [B, L, K]
    default:
      return nearest_centroids(patches.flatten(0, 1), codebook_)
          .labels.reshape({patches.size(0), patches.size(1)});  // [B, L]
  }
}

Tensor ReconstructionTarget::errors(const Tensor& pred, const Tensor& target) const {
  if (options_.kind != TargetKind::kTokens) return patch_errors(pred, target);
  const Tensor logits = pred.scalar_type() == at::kDouble ? pred : pred.to(at::kFloat);
  return -at::log_softmax(logits, /*dim=*/-1)
              .gather(/*dim=*/2, target.unsqueeze(-1))
              .squeeze(-1);  // [B, L]
}

Tensor ReconstructionTarget::patches(const Tensor& pred) const {
  switch (options_.kind) {
    case TargetKind::kPca:
      return at::matmul(pred.to(basis_.scalar_type()), basis_) + mean_;
    case TargetKind::kTokens:
      return at::index_select(codebook_, /*dim=*/0, pred.argmax(/*dim=*/-1).flatten())
          .reshape({pred.size(0), pred.size(1), codebook_.size(1)});
    default:
      return pred;
  }
}

PatchStats ReconstructionTarget::stats(const Tensor& patches) const {
  if (options_.kind == TargetKind::kNormPixels) return patch_stats(patches);
  if (options_.kind == TargetKind::kNormPixelsChannel)
    return channel_stats(patches, options_.in_chans);
  return {};
}

}  // namespace mae
