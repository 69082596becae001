#include "mae/models/hivit_mae.h"

#include <ATen/ops/cat.h>

#include "mae/base/text.h"
#include "mae/models/hierarchical_request.h"
#include "mae/models/hierarchy_checks.h"
#include "mae/models/init_rules.h"
#include "mae/models/size_json.h"
#include "mae/ops/grid_ops.h"
#include "mae/ops/patch_loss.h"
#include "mae/ops/patch_target.h"
#include "mae/ops/pos_embed.h"

namespace mae {
namespace {

struct HivitSize {
  const char* name;
  int64_t embed_dim;
  std::vector<int64_t> depths;
  int64_t num_heads;
};

// Tiny and Small are the paper's supervised models with the Base model's decoder (spec 2.1).
const HivitSize kHivitSizes[] = {{"hivit-mae-tiny", 384, {1, 1, 10}, 6},
                                 {"hivit-mae-small", 384, {2, 2, 20}, 6},
                                 {"hivit-mae-base", 512, {2, 2, 20}, 8}};

// Checked here, since the members are built before the constructor's body.
const HivitMaeOptions& checked(const HivitMaeOptions& options) {
  check_options(options);
  return options;
}

DecoderOptions decoder_options(const HivitMaeOptions& o) {
  DecoderOptions decoder;
  decoder.latent_dim = o.latent_dim();
  decoder.grid = o.grid();
  decoder.patch_values = o.patch_values();
  decoder.block.dim = o.decoder_embed_dim;
  decoder.block.num_heads = o.decoder_num_heads;
  decoder.block.mlp_ratio = o.mlp_ratio;
  decoder.block.layer_norm_eps = o.layer_norm_eps;
  decoder.depth = o.decoder_depth;
  return decoder;
}

void resize_hivit_tensors(const nlohmann::json& from, const nlohmann::json& to,
                          StateDict* tensors) {
  const Size2d old_grid = from.get<HivitOptions>().grid(), grid = to.get<HivitOptions>().grid();
  if (old_grid == grid) return;
  const auto table_size = [](Size2d g) { return Size2d{2 * g.height - 1, 2 * g.width - 1}; };
  for (auto& [name, tensor] : *tensors) {
    if (ends_with(name, "pos_embed")) {
      tensor = interpolate_pos_embed(tensor, old_grid, grid);
    } else if (ends_with(name, "relative_position_bias_table")) {
      tensor = interpolate_pos_embed(tensor.unsqueeze(0), table_size(old_grid), table_size(grid))
                   .squeeze(0);
    } else if (name == "relative_position_index") {
      tensor = relative_position_index(grid);
    }
  }
}

}  // namespace

void check_options(const HivitMaeOptions& o) {
  check_options(static_cast<const HivitOptions&>(o));
  check_decoder(o.decoder_embed_dim, o.decoder_depth, o.decoder_num_heads);
}

void to_json(nlohmann::json& json, const HivitMaeOptions& o) {
  to_json(json, static_cast<const HivitOptions&>(o));
  json["hifeat"] = o.hifeat;
  json["decoder_embed_dim"] = o.decoder_embed_dim;
  json["decoder_depth"] = o.decoder_depth;
  json["decoder_num_heads"] = o.decoder_num_heads;
  json["norm_pix_loss"] = o.norm_pix_loss;
}

void from_json(const nlohmann::json& json, HivitMaeOptions& o) {
  from_json(json, static_cast<HivitOptions&>(o));
  take_field(json, "hifeat", o.hifeat);
  take_field(json, "decoder_embed_dim", o.decoder_embed_dim);
  take_field(json, "decoder_depth", o.decoder_depth);
  take_field(json, "decoder_num_heads", o.decoder_num_heads);
  take_field(json, "norm_pix_loss", o.norm_pix_loss);
}

HivitMae::HivitMae(const HivitMaeOptions& options)
    : options_(checked(options)),
      trunk_(*this, options),
      norm_(register_module(
          "norm", std::make_shared<LayerNorm>(options.latent_dim(), options.layer_norm_eps))),
      decoder_(*this, decoder_options(options)) {}

PretrainOutput HivitMae::forward(const Tensor& images, const PatchSelection& selection) {
  const Tensor latent = encode(images, &selection).tokens;  // [B, L_vis, 7D]
  const Tensor pred =
      decoder_.predict(decoder_.assemble_unshuffled(latent, selection.ids_restore));  // [B, L, P]
  const Tensor target =
      patch_target(images, options_.patch_size, options_.norm_pix_loss);  // [B, L, P]
  return {masked_patch_loss(pred, target, selection.mask), pred};
}

EncoderOutput HivitMae::encode(const Tensor& images, const PatchSelection* selection,
                               const EncodeRequest& request) {
  check_request(request, selection != nullptr);
  StageWalk walk;
  walk.request = request;
  const HivitFeatures features =
      trunk_.run(images, selection ? selection->ids_keep : Tensor(), walk);
  walk.kept.tokens = features.tokens;
  if (options_.hifeat) {
    walk.kept.tokens =
        norm_->forward(at::cat({features.fine.flatten(/*start_dim=*/2),
                                features.middle.flatten(/*start_dim=*/2), features.tokens},
                               /*dim=*/-1));  // [B, L_vis, 7D]
  }
  return walk.kept;
}

nlohmann::json HivitMae::config() const {
  nlohmann::json json = options_;
  json["model"] = "hivit_mae";
  return json;
}

void HivitMae::initialize(uint64_t seed) { initialize_hivit(*this, seed); }

void initialize_hivit(Module& module, uint64_t seed) {
  initialize_module(module, {LinearInit::kNormal, ConvInit::kDefault}, seed);
}

ResizeRule hivit_resize_rule() {
  const auto config_of_size = [](nlohmann::json config, Size2d img_size) {
    config["img_size"] = img_size;
    check_options(config.get<HivitOptions>());
    return config;
  };
  return {config_of_size, resize_hivit_tensors};
}

MaskedModelKind hivit_mae_kind() {
  MaskedModelKind kind;
  kind.model = "hivit_mae";
  kind.family = "hivit-mae-";
  kind.classifier = "hivit_classifier";
  kind.resize = hivit_resize_rule();
  for (const HivitSize& size : kHivitSizes) {
    HivitMaeOptions options;
    options.embed_dim = size.embed_dim;
    options.depths = size.depths;
    options.num_heads = size.num_heads;
    nlohmann::json json = options;
    json["model"] = "hivit_mae";
    kind.named.emplace_back(size.name, json);
  }
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<HivitMae>(
        parse_model_options<HivitMaeOptions>(with_main_depth(config)));
  };
  return kind;
}

}  // namespace mae
