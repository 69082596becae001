// Whole pictures through the stages of Swin.
#include "mae/models/swin_classifier.h"

#include <ATen/core/grad_mode.h>

#include "mae/models/classifier_as_encoder.h"
#include "mae/models/hierarchy_resize.h"
#include "mae/models/um_mae.h"

namespace mae {

void check_options(const SwinClassifierOptions& o) {
  check_options(o, o.cells());
  check_options(static_cast<const HeadOptions&>(o));
}

void to_json(nlohmann::json& json, const SwinClassifierOptions& o) {
  to_json(json, static_cast<const SwinOptions&>(o));
  nlohmann::json head;
  to_json(head, static_cast<const HeadOptions&>(o));
  json.update(head);
}

void from_json(const nlohmann::json& json, SwinClassifierOptions& o) {
  from_json(json, static_cast<SwinOptions&>(o));
  from_json(json, static_cast<HeadOptions&>(o));
}

SwinClassifier::SwinClassifier(const SwinClassifierOptions& o)
    : HierarchicalClassifier(o), options_(o) {
  check_options(o);
  patch_embed_ = register_module(
      "patch_embed",
      std::make_shared<ConvEmbed>(o.in_chans, o.embed_dim, o.patch_size, o.layer_norm_eps));
  blocks_ = register_module("blocks", std::make_shared<SwinBlocks>(o));
  register_fc_norm(o.layer_norm_eps);
  register_head();
}

Tensor SwinClassifier::encode_tokens(const Tensor& images, StageWalk& walk) const {
  Tensor x;
  {
    const at::AutoGradMode mode(at::GradMode::is_enabled() && !walk.is_frozen(0));
    x = patch_embed_->forward(images.permute({0, 2, 3, 1}));  // [B, h, w, D0]
  }
  const int64_t max_step = int64_t{1} << options_.stages();
  x = blocks_->forward(x, whole_places(options_.cells(), x.device()), max_step,
                       options_.window_size, walk);
  return x.flatten(1, 2);  // [B, L, D]
}

void SwinClassifier::initialize(uint64_t seed) { initialize_pyramid(*this, seed); }

nlohmann::json SwinClassifier::config() const {
  nlohmann::json json = options_;
  json["model"] = "swin_classifier";
  return json;
}

ClassifierKind swin_classifier_kind() {
  ClassifierKind kind;
  kind.model = "swin_classifier";
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<SwinClassifier>(parse_model_options<SwinClassifierOptions>(config));
  };
  kind.config_on = [](const nlohmann::json& config, const ClassifierChoices& choices) {
    SwinClassifierOptions options;
    from_json(config, static_cast<SwinOptions&>(options));
    // A pretrained encoder cuts the closed-up grid of half the sides.
    if (config.at("model") != "swin_classifier") options.window_size *= 2;
    static_cast<HeadOptions&>(options) = head_options(choices);
    nlohmann::json json = options;
    json["model"] = "swin_classifier";
    return json;
  };
  kind.take_encoder = take_pooled_encoder;
  kind.resize = table_resize_rule({});
  return kind;
}

MaskedModelKind swin_encoder_kind() {
  MaskedModelKind kind;
  kind.model = "swin_classifier";
  kind.classifier = kind.model;
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<ClassifierAsEncoder<SwinClassifier>>(
        std::make_shared<SwinClassifier>(parse_model_options<SwinClassifierOptions>(config)));
  };
  kind.resize = table_resize_rule({});
  return kind;
}

}  // namespace mae
