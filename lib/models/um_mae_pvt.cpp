// Embedding and positions of PVT under UM-MAE.
#include "mae/models/um_mae_pvt.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/where.h>

#include "mae/models/hierarchy_resize.h"
#include "mae/models/option_checks.h"
#include "mae/ops/compact_units.h"
#include "mae/ops/pos_embed.h"

namespace mae {

void check_options(const UmMaePvtOptions& o) {
  check_options(o, o.img_size, o.patch_size, o.stages());
  check_options(o, closed_up_cells(o.img_size, o.patch_size));
  if (o.decoder_embed_dim > 0) check_mlp_ratio(o.decoder_mlp_ratio, o.decoder_embed_dim);
}

void to_json(nlohmann::json& json, const UmMaePvtOptions& o) {
  to_json(json, static_cast<const PvtOptions&>(o));
  nlohmann::json more;
  to_json(more, static_cast<const UmMaeOptions&>(o));
  json.update(more);
  json["decoder_mlp_ratio"] = o.decoder_mlp_ratio;
}

void from_json(const nlohmann::json& json, UmMaePvtOptions& o) {
  from_json(json, static_cast<PvtOptions&>(o));
  from_json(json, static_cast<UmMaeOptions&>(o));
  take_field(json, "decoder_mlp_ratio", o.decoder_mlp_ratio);
}

namespace {

const UmMaePvtOptions& checked(const UmMaePvtOptions& options) {
  check_options(options);
  return options;
}

}  // namespace

UmMaePvt::UmMaePvt(const UmMaePvtOptions& o)
    : UmMae(checked(o),
            {o.img_size, o.patch_size, o.in_chans, o.embed_dims.front(), o.embed_dims.back(),
             o.depth(), o.stages(), o.layer_norm_eps, o.decoder_mlp_ratio}),
      options_(o) {
  const int64_t D = o.embed_dims.front();
  pos_embed_ = register_parameter(
      "pos_embed", sincos_pos_embed(D, o.cells(), /*cls_token=*/false).unsqueeze(0).to(at::kFloat),
      /*requires_grad=*/false);
  patch_embed_ =
      register_module("patch_embed", std::make_shared<PatchEmbed>(o.patch_size, o.in_chans, D));
  blocks_ = register_module("blocks", std::make_shared<PvtBlocks>(o));
}

Tensor UmMaePvt::encode_cells(const Visible& visible, StageWalk& walk) {
  const int64_t B = visible.images.size(0), D = options_.embed_dims.front();
  const int64_t h = visible.images.size(2) / options_.patch_size.height;
  const int64_t w = visible.images.size(3) / options_.patch_size.width;
  Tensor x = patch_embed_->forward(visible.images).reshape({B, h, w, D});
  if (visible.tokens.defined())
    x = at::where(visible.tokens, vis_mask_token().to(x.scalar_type()).unsqueeze(0), x);
  if (!visible.units.defined()) {
    x = x + pos_embed_.reshape({1, h, w, D});
    return blocks_->forward(x, whole_picture_sr_ratios(options_.sr_ratios), walk);
  }
  const Tensor cells = compact_cells(visible.units, grid(), unit_cells());  // [B, h * w]
  x = x + at::index_select(pos_embed_[0], /*dim=*/0, cells.flatten()).reshape({B, h, w, D});
  return blocks_->forward(x, options_.sr_ratios, walk);
}

nlohmann::json UmMaePvt::config() const {
  nlohmann::json json = options_;
  json["model"] = "um_mae_pvt";
  return json;
}

MaskedModelKind um_mae_pvt_kind() {
  MaskedModelKind kind;
  kind.model = "um_mae_pvt";
  kind.family = "um-mae-pvt-";
  kind.masks_by_patch_size = false;
  kind.classifier = "pvt_classifier";
  nlohmann::json small = UmMaePvtOptions();
  small["model"] = kind.model;
  kind.named.emplace_back("um-mae-pvt-small", small);
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<UmMaePvt>(parse_model_options<UmMaePvtOptions>(config));
  };
  kind.resize = table_resize_rule({{"pos_embed", "patch_size"}, {"decoder_pos_embed", "stride"}});
  return kind;
}

}  // namespace mae
