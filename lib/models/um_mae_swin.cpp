// Embedding and coordinates of Swin under UM-MAE.
#include "mae/models/um_mae_swin.h"

#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include "mae/models/hierarchy_resize.h"
#include "mae/ops/compact_units.h"

namespace mae {
namespace {

const UmMaeSwinOptions& checked(const UmMaeSwinOptions& options) {
  check_options(options);
  return options;
}

struct SwinSize {
  const char* name;
  int64_t embed_dim, posmlp_dim, decoder_depth;
  std::vector<int64_t> depths, num_heads;
};

const SwinSize kSwinSizes[] = {
    {"um-mae-swin-tiny", 96, 32, 2, {2, 2, 6, 2}, {3, 6, 12, 24}},
    {"um-mae-swin-base", 128, 32, 2, {2, 2, 18, 2}, {4, 8, 16, 32}},
    {"um-mae-swin-large", 192, 64, 8, {2, 2, 18, 2}, {6, 12, 24, 48}},
};

}  // namespace

void check_options(const UmMaeSwinOptions& o) {
  check_options(o, o.img_size, o.patch_size, o.stages());
  check_options(o, closed_up_cells(o.img_size, o.patch_size));
}

void to_json(nlohmann::json& json, const UmMaeSwinOptions& o) {
  to_json(json, static_cast<const SwinOptions&>(o));
  nlohmann::json more;
  to_json(more, static_cast<const UmMaeOptions&>(o));
  json.update(more);
}

void from_json(const nlohmann::json& json, UmMaeSwinOptions& o) {
  from_json(json, static_cast<SwinOptions&>(o));
  from_json(json, static_cast<UmMaeOptions&>(o));
}

UmMaeSwin::UmMaeSwin(const UmMaeSwinOptions& o)
    : UmMae(checked(o),
            {o.img_size, o.patch_size, o.in_chans, o.embed_dim, o.dim_of(o.stages() - 1), o.depth(),
             o.stages(), o.layer_norm_eps, o.mlp_ratio}),
      options_(o) {
  patch_embed_ = register_module(
      "patch_embed",
      std::make_shared<ConvEmbed>(o.in_chans, o.embed_dim, o.patch_size, o.layer_norm_eps));
  blocks_ = register_module("blocks", std::make_shared<SwinBlocks>(o));
}

Tensor UmMaeSwin::encode_cells(const Visible& visible, StageWalk& walk) {
  Tensor x = patch_embed_->forward(visible.images.permute({0, 2, 3, 1}));  // [B, h, w, D0]
  if (visible.tokens.defined()) {
    const Tensor token = patch_embed_->normalize(vis_mask_token().unsqueeze(0));  // [1, 1, 1, D0]
    x = at::where(visible.tokens, token.to(x.scalar_type()), x);
  }
  const Size2d cells = options_.cells();
  CellPlaces places = whole_places(cells, x.device());
  if (!visible.units.defined()) {
    const int64_t max_step = int64_t{1} << options_.stages();
    return blocks_->forward(x, places, max_step, 2 * options_.window_size, walk);
  }
  const Tensor index = compact_cells(visible.units, grid(), unit_cells());  // [B, h * w]
  places.corner = at::stack({index.div(cells.width, "floor"), index.remainder(cells.width)},
                            /*dim=*/-1)
                      .reshape({x.size(0), x.size(1), x.size(2), 2});
  // Units lie anywhere on their grid: cells larger than one have corners on that grid, no coarser.
  return blocks_->forward(x, places, /*max_step=*/unit_cells().height, options_.window_size, walk);
}

nlohmann::json UmMaeSwin::config() const {
  nlohmann::json json = options_;
  json["model"] = "um_mae_swin";
  return json;
}

MaskedModelKind um_mae_swin_kind() {
  MaskedModelKind kind;
  kind.model = "um_mae_swin";
  kind.family = "um-mae-swin-";
  kind.masks_by_patch_size = false;
  kind.classifier = "swin_classifier";
  for (const SwinSize& size : kSwinSizes) {
    UmMaeSwinOptions options;
    options.embed_dim = size.embed_dim;
    options.posmlp_dim = size.posmlp_dim;
    options.decoder_depth = size.decoder_depth;
    options.depths = size.depths;
    options.num_heads = size.num_heads;
    nlohmann::json json = options;
    json["model"] = kind.model;
    kind.named.emplace_back(size.name, json);
  }
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<UmMaeSwin>(parse_model_options<UmMaeSwinOptions>(config));
  };
  kind.resize = table_resize_rule({{"decoder_pos_embed", "stride"}});
  return kind;
}

}  // namespace mae
