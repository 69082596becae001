// Mixing, both predictions and their loss.
#include "mae/models/mixmim.h"

#include <ATen/ops/where.h>

#include "mae/base/error.h"
#include "mae/models/hierarchical_classifier.h"
#include "mae/models/hierarchical_request.h"
#include "mae/models/hierarchy_checks.h"
#include "mae/models/size_json.h"
#include "mae/ops/gather_tokens.h"
#include "mae/ops/grid_ops.h"
#include "mae/ops/patch_loss.h"
#include "mae/ops/patch_target.h"

namespace mae {
namespace {

// One row when all samples share their mask, so that windows need one bias instead of one a sample.
// Waits for the device once a step, which costs less than those.
Tensor shared_mask(const Tensor& mask) {
  const Tensor first = mask.slice(/*dim=*/0, 0, 1);
  return mask.eq(first).all().item<bool>() ? first : mask;
}

}  // namespace

void check_options(const MixmimOptions& o) {
  check_options(static_cast<const MixmimEncoderOptions&>(o));
  const int64_t joined = int64_t{1} << (o.stages() - 1);
  const Size2d stride{o.patch_size.height * joined, o.patch_size.width * joined};
  if (o.encoder_stride != stride) {
    throw UsageError("encoder_stride is " + size_text(o.encoder_stride) + "; expected " +
                     size_text(stride) + ", the last stage's cell");
  }
  if (o.decoder_dim != 0) check_decoder(o.decoder_dim, o.decoder_depth, o.decoder_num_heads);
}

void to_json(nlohmann::json& json, const MixmimOptions& o) {
  to_json(json, static_cast<const MixmimEncoderOptions&>(o));
  json["encoder_stride"] = o.encoder_stride;
  json["decoder_dim"] = o.decoder_dim;
  json["decoder_depth"] = o.decoder_depth;
  json["decoder_num_heads"] = o.decoder_num_heads;
  json["norm_pix_loss"] = o.norm_pix_loss;
}

void from_json(const nlohmann::json& json, MixmimOptions& o) {
  from_json(json, static_cast<MixmimEncoderOptions&>(o));
  take_field(json, "encoder_stride", o.encoder_stride);
  take_field(json, "decoder_dim", o.decoder_dim);
  take_field(json, "decoder_depth", o.decoder_depth);
  take_field(json, "decoder_num_heads", o.decoder_num_heads);
  take_field(json, "norm_pix_loss", o.norm_pix_loss);
}

Mixmim::Mixmim(const MixmimOptions& o) : options_(o) {
  check_options(o);
  encoder_.emplace(*this, o);
  norm_ = register_module("norm", std::make_shared<LayerNorm>(o.last_dim(), o.layer_norm_eps));
  if (o.decoder_dim == 0) return;
  DecoderOptions decoder;
  decoder.latent_dim = o.last_dim();
  decoder.grid = grid();
  decoder.patch_values = o.encoder_stride.area() * o.in_chans;
  decoder.block = {o.decoder_dim, o.decoder_num_heads, o.mlp_ratio, /*qkv_bias=*/true,
                   o.layer_norm_eps};
  decoder.depth = o.decoder_depth;
  decoder_.emplace(*this, decoder);
}

PretrainOutput Mixmim::forward(const Tensor& images, const PatchSelection& selection) {
  const Tensor mask = selection.mask;  // [B, L]
  const int64_t B = images.size(0);
  const Tensor both = decode(encode_mixed(images, mask), mask);  // [2B, L, P]
  const Tensor own = both.slice(/*dim=*/0, 0, B);
  const Tensor partners = both.slice(/*dim=*/0, B).flip(0);                // of the same pictures
  const Tensor pred = at::where(mask.ne(0).unsqueeze(-1), own, partners);  // [B, L, P]
  const Tensor target = patch_target(images, options_.encoder_stride, options_.norm_pix_loss);
  // A patch that its own mask shows is hidden in the partner's prediction if the partner's does
  // too.
  const Tensor counted = mask.ne(0).logical_or(mask.flip(0).eq(0));
  return {masked_patch_loss(pred, target, counted), pred};
}

Tensor Mixmim::mix_and_encode(const Tensor& images, const Tensor& mask, StageWalk& walk) {
  check_shape("images", images,
              {kAny, options_.in_chans, options_.img_size.height, options_.img_size.width});
  walk.depth = depth();
  Tensor x = encoder_->embed(images);  // [B, h, w, D0]
  Tensor shared;
  if (mask.defined()) {
    shared = shared_mask(mask);
    const Size2d cells{x.size(1) / grid().height, x.size(2) / grid().width};
    const Tensor from_partner = enlarge_mask(shared, grid(), cells).ne(0).unsqueeze(-1);
    x = at::where(from_partner, x.flip(0), x);
  }
  const Tensor last = encoder_->run_stages(x, shared, walk);  // [B, h, w, D]
  return norm_->forward(last.flatten(1, 2));                  // [B, L, D]
}

Tensor Mixmim::encode_mixed(const Tensor& images, const Tensor& mask) {
  StageWalk walk;
  return mix_and_encode(images, mask, walk);
}

EncoderOutput Mixmim::encode(const Tensor& images, const PatchSelection* selection,
                             const EncodeRequest& request) {
  check_request(request, selection != nullptr);
  StageWalk walk;
  walk.request = request;
  const Tensor all = mix_and_encode(images, selection ? selection->mask : Tensor(), walk);
  walk.kept.tokens = selection ? gather_tokens(all, selection->ids_keep) : all;
  return std::move(walk.kept);
}

Tensor Mixmim::decode(const Tensor& latent, const Tensor& mask) {
  if (!has_decoder()) {
    throw UsageError("this model has no decoder", "",
                     "reconstruct with a checkpoint that was saved by mae-pretrain");
  }
  return decoder_->predict(decoder_->assemble_dual(latent, mask));
}

std::vector<int64_t> Mixmim::map_strides() const {
  return stage_strides(options_.patch_size, options_.stages());
}

nlohmann::json Mixmim::config() const {
  nlohmann::json json = options_;
  json["model"] = "mixmim";
  return json;
}

MaskedModelKind mixmim_kind() {
  MaskedModelKind kind;
  kind.model = "mixmim";
  kind.family = "mixmim-";
  kind.masks_by_patch_size = false;
  kind.classifier = "mixmim_classifier";
  MixmimOptions base, large;
  large.embed_dim = 192;
  large.num_heads = {6, 12, 24, 48};
  for (const auto& [name, options] :
       {std::make_pair("mixmim-base", base), {"mixmim-large", large}}) {
    nlohmann::json json = options;
    json["model"] = kind.model;
    kind.named.emplace_back(name, json);
  }
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<Mixmim>(parse_model_options<MixmimOptions>(config));
  };
  kind.resize = mixmim_resize_rule();
  return kind;
}

}  // namespace mae
