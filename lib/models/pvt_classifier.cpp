// Whole pictures through the stages of PVT.
#include "mae/models/pvt_classifier.h"

#include <ATen/core/grad_mode.h>

#include "mae/models/classifier_as_encoder.h"
#include "mae/models/hierarchy_resize.h"
#include "mae/models/um_mae.h"
#include "mae/ops/pos_embed.h"

namespace mae {

void check_options(const PvtClassifierOptions& o) {
  check_options(o, o.cells());
  check_options(static_cast<const HeadOptions&>(o));
}

void to_json(nlohmann::json& json, const PvtClassifierOptions& o) {
  to_json(json, static_cast<const PvtOptions&>(o));
  nlohmann::json head;
  to_json(head, static_cast<const HeadOptions&>(o));
  json.update(head);
}

void from_json(const nlohmann::json& json, PvtClassifierOptions& o) {
  from_json(json, static_cast<PvtOptions&>(o));
  from_json(json, static_cast<HeadOptions&>(o));
}

PvtClassifier::PvtClassifier(const PvtClassifierOptions& o)
    : HierarchicalClassifier(o), options_(o) {
  check_options(o);
  const int64_t D = o.embed_dims.front();
  pos_embed_ = register_parameter(
      "pos_embed", sincos_pos_embed(D, o.cells(), /*cls_token=*/false).unsqueeze(0).to(at::kFloat));
  patch_embed_ =
      register_module("patch_embed", std::make_shared<PatchEmbed>(o.patch_size, o.in_chans, D));
  blocks_ = register_module("blocks", std::make_shared<PvtBlocks>(o));
  register_fc_norm(o.layer_norm_eps);
  register_head();
}

Tensor PvtClassifier::encode_tokens(const Tensor& images, StageWalk& walk) const {
  const Size2d cells = options_.cells();
  Tensor x;
  {
    const at::AutoGradMode mode(at::GradMode::is_enabled() && !walk.is_frozen(0));
    x = (patch_embed_->forward(images) + pos_embed_)
            .reshape({images.size(0), cells.height, cells.width, -1});  // [B, h, w, D0]
  }
  x = blocks_->forward(x, options_.sr_ratios, walk);
  return x.flatten(1, 2);  // [B, L, D]
}

void PvtClassifier::initialize(uint64_t seed) { initialize_pyramid(*this, seed); }

nlohmann::json PvtClassifier::config() const {
  nlohmann::json json = options_;
  json["model"] = "pvt_classifier";
  return json;
}

ClassifierKind pvt_classifier_kind() {
  ClassifierKind kind;
  kind.model = "pvt_classifier";
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<PvtClassifier>(parse_model_options<PvtClassifierOptions>(config));
  };
  kind.config_on = [](const nlohmann::json& config, const ClassifierChoices& choices) {
    PvtClassifierOptions options;
    from_json(config, static_cast<PvtOptions&>(options));
    // A pretrained encoder pools the closed-up grid of half the sides.
    if (config.at("model") != "pvt_classifier")
      options.sr_ratios = whole_picture_sr_ratios(options.sr_ratios);
    static_cast<HeadOptions&>(options) = head_options(choices);
    nlohmann::json json = options;
    json["model"] = "pvt_classifier";
    return json;
  };
  kind.take_encoder = take_pooled_encoder;
  kind.resize = table_resize_rule({{"pos_embed", "patch_size"}});
  return kind;
}

MaskedModelKind pvt_encoder_kind() {
  MaskedModelKind kind;
  kind.model = "pvt_classifier";
  kind.classifier = kind.model;
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<ClassifierAsEncoder<PvtClassifier>>(
        std::make_shared<PvtClassifier>(parse_model_options<PvtClassifierOptions>(config)));
  };
  kind.resize = table_resize_rule({{"pos_embed", "patch_size"}});
  return kind;
}

}  // namespace mae
