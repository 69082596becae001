// Masks, decoder and loss of UM-MAE.
#include "mae/models/um_mae.h"

#include <ATen/ops/argsort.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include "mae/base/error.h"
#include "mae/masking/mask_strategy.h"
#include "mae/models/hierarchical_classifier.h"
#include "mae/models/hierarchical_request.h"
#include "mae/models/hierarchy_checks.h"
#include "mae/models/init_rules.h"
#include "mae/models/initialize.h"
#include "mae/models/size_json.h"
#include "mae/ops/compact_units.h"
#include "mae/ops/gather_tokens.h"
#include "mae/ops/grid_ops.h"
#include "mae/ops/patch_loss.h"
#include "mae/ops/patch_target.h"

namespace mae {
namespace {

constexpr char kReference[] = "reference";
constexpr char kConsistent[] = "consistent";

Size2d last_cells(Size2d cells, int64_t stages) {
  return {cells.height >> (stages - 1), cells.width >> (stages - 1)};
}

}  // namespace

void to_json(nlohmann::json& json, const UmMaeOptions& o) {
  json = {{"stride", o.stride},
          {"decoder_embed_dim", o.decoder_embed_dim},
          {"decoder_depth", o.decoder_depth},
          {"decoder_num_heads", o.decoder_num_heads},
          {"norm_pix_loss", o.norm_pix_loss},
          {"vis_mask_ratio", o.vis_mask_ratio},
          {"decoder_pos_order", o.decoder_pos_order}};
}

void from_json(const nlohmann::json& json, UmMaeOptions& o) {
  take_field(json, "stride", o.stride);
  take_field(json, "decoder_embed_dim", o.decoder_embed_dim);
  take_field(json, "decoder_depth", o.decoder_depth);
  take_field(json, "decoder_num_heads", o.decoder_num_heads);
  take_field(json, "norm_pix_loss", o.norm_pix_loss);
  take_field(json, "vis_mask_ratio", o.vis_mask_ratio);
  take_field(json, "decoder_pos_order", o.decoder_pos_order);
}

Size2d closed_up_cells(Size2d img_size, Size2d patch_size) {
  return {img_size.height / patch_size.height / 2, img_size.width / patch_size.width / 2};
}

void check_options(const UmMaeOptions& o, Size2d img_size, Size2d patch_size, int64_t stages) {
  check_range("patch_size height", patch_size.height, 1, 65536);
  check_range("patch_size width", patch_size.width, 1, 65536);
  check_range("stride height", o.stride.height, 1, 65536);
  check_range("stride width", o.stride.width, 1, 65536);
  check_range("the number of stages", stages, 1, 8);
  check_divides("stride height", o.stride.height, "patch_size height", patch_size.height);
  check_divides("stride width", o.stride.width, "patch_size width", patch_size.width);
  check_divides("img_size height", img_size.height, "two strides of", 2 * o.stride.height);
  check_divides("img_size width", img_size.width, "two strides of", 2 * o.stride.width);
  const int64_t joined = int64_t{1} << (stages - 1);
  const Size2d unit{o.stride.height / patch_size.height, o.stride.width / patch_size.width};
  if (unit.height != unit.width || joined % unit.height != 0) {
    throw UsageError("a unit of " + size_text(unit) + " cells does not fit " +
                     std::to_string(stages) + " stages; expected a square whose side divides " +
                     std::to_string(joined));
  }
  if (!(o.vis_mask_ratio >= 0 && o.vis_mask_ratio < 1)) {
    throw UsageError("vis_mask_ratio is " + std::to_string(o.vis_mask_ratio) +
                     "; expected at least 0 and less than 1");
  }
  if (o.decoder_pos_order != kReference && o.decoder_pos_order != kConsistent) {
    throw UsageError("decoder_pos_order is '" + o.decoder_pos_order + "'; expected " + kReference +
                     " or " + kConsistent);
  }
  if (o.decoder_embed_dim != 0)
    check_decoder(o.decoder_embed_dim, o.decoder_depth, o.decoder_num_heads);
}

UmMae::UmMae(const UmMaeOptions& options, const Sizes& sizes) : options_(options), sizes_(sizes) {
  if (options.vis_mask_ratio > 0)
    vis_mask_token_ = register_parameter("vis_mask_token", at::empty({1, 1, sizes.first_dim}));
  norm_ =
      register_module("norm", std::make_shared<LayerNorm>(sizes.last_dim, sizes.layer_norm_eps));
  if (options.decoder_embed_dim == 0) return;
  DecoderOptions decoder;
  decoder.latent_dim = sizes.last_dim;
  decoder.grid = grid();
  decoder.patch_values = options.stride.area() * sizes.in_chans;
  decoder.block = {options.decoder_embed_dim, options.decoder_num_heads, sizes.decoder_mlp_ratio,
                   /*qkv_bias=*/true, sizes.layer_norm_eps};
  decoder.depth = options.decoder_depth;
  decoder.pixel_shuffle = (int64_t{1} << (sizes.stages - 1)) / unit_cells().height;
  decoder_.emplace(*this, decoder);
}

PretrainOutput UmMae::forward(const Tensor& images, const PatchSelection& selection) {
  const Tensor in_order = decode(encode(images, &selection).tokens, selection);  // [B, L, P]
  const DecoderOrder order = decoder_order(selection.mask);
  const Tensor ids_restore = at::argsort(at::cat({order.visible, order.hidden}, /*dim=*/1),
                                         /*stable=*/false, /*dim=*/1, /*descending=*/false);
  const Tensor pred = gather_tokens(in_order, ids_restore);  // [B, L, P], raster order
  const Tensor target = patch_target(images, options_.stride, options_.norm_pix_loss);
  return {masked_patch_loss(pred, target, selection.mask), pred};
}

EncoderOutput UmMae::encode(const Tensor& images, const PatchSelection* selection,
                            const EncodeRequest& request) {
  check_shape("images", images,
              {kAny, sizes_.in_chans, sizes_.img_size.height, sizes_.img_size.width});
  check_request(request, selection != nullptr);
  StageWalk walk;
  walk.depth = sizes_.depth;
  walk.request = request;
  const Visible visible = selection ? close_up(images, *selection) : Visible{images, {}, {}};
  const Tensor x = encode_cells(visible, walk);        // [B, h, w, D]
  walk.kept.tokens = norm_->forward(x.flatten(1, 2));  // [B, h * w, D]
  return std::move(walk.kept);
}

UmMae::Visible UmMae::close_up(const Tensor& images, const PatchSelection& selection) const {
  Visible visible;
  visible.units = visible_units(selection.mask, grid());          // [B, L / 4]
  visible.images = compact_units(images, visible.units, grid());  // [B, C, H / 2, W / 2]
  if (!selection.token_mask.defined() || !vis_mask_token_.defined()) return visible;
  const Tensor tokens = selection.token_mask.gather(/*dim=*/1, visible.units).ne(0);  // [B, L / 4]
  const Size2d half{grid().height / 2, grid().width / 2};
  visible.tokens = enlarge_mask(tokens, half, unit_cells()).unsqueeze(-1);  // [B, h, w, 1]
  return visible;
}

Tensor UmMae::decode(const Tensor& latent, const PatchSelection& selection) {
  if (!has_decoder()) {
    throw UsageError("this model has no decoder", "",
                     "reconstruct with a checkpoint that was saved by mae-pretrain");
  }
  const DecoderOrder order = decoder_order(selection.mask);
  const Size2d cells = closed_up_cells(sizes_.img_size, sizes_.patch_size);
  return decoder_->predict(decoder_->assemble_appended(latent, last_cells(cells, sizes_.stages),
                                                       order.visible, order.hidden));
}

void UmMae::check_masking(MaskStrategy strategy) const {
  if (strategy == MaskStrategy::kUniform || strategy == MaskStrategy::kGrid) return;
  throw UsageError("this model needs exactly one visible patch in every 2 x 2, got '" +
                       mask_strategy_name(strategy) + "' masks",
                   "--strategy", "leave it out, or choose uniform or grid");
}

UmMae::DecoderOrder UmMae::decoder_order(const Tensor& mask) const {
  const int64_t visible = mask.size(1) / 4;
  const Tensor raster =
      at::argsort(mask, /*stable=*/true, /*dim=*/1, /*descending=*/false);  // visible ones first
  const Tensor hidden = raster.slice(/*dim=*/1, visible);
  if (options_.decoder_pos_order == kConsistent) return {visible_units(mask, grid()), hidden};
  return {raster.slice(/*dim=*/1, 0, visible), hidden};
}

Size2d UmMae::unit_cells() const {
  return {options_.stride.height / sizes_.patch_size.height,
          options_.stride.width / sizes_.patch_size.width};
}

std::vector<int64_t> UmMae::map_strides() const {
  return stage_strides(sizes_.patch_size, sizes_.stages);
}

void initialize_pyramid(Module& module, uint64_t seed) {
  initialize_module(module, {LinearInit::kXavierUniform, ConvInit::kFanOutNormal}, seed,
                    [&](const std::string& name, Tensor& parameter) {
                      if (name == "patch_embed.proj.weight") {
                        fill_uniform(parameter, xavier_bound(parameter), seed, name);
                        return true;
                      }
                      if (name != "head.weight") return false;
                      fill_normal(parameter, 2e-5, seed, name);
                      return true;
                    });
}

}  // namespace mae
