// Whole pictures through the stages of MixMIM, and its layer rule.
#include "mae/models/mixmim_classifier.h"

#include <ATen/core/grad_mode.h>

#include "mae/base/text.h"
#include "mae/models/classifier_as_encoder.h"

namespace mae {
namespace {

struct StagePart {
  int64_t stage = -1;  // -1: of no stage
  std::string rest;    // behind "layers.S."
};

StagePart stage_part(const std::string& name) {
  const std::string prefix = "layers.";
  if (!starts_with(name, prefix)) return {};
  const size_t dot = name.find('.', prefix.size());
  return {std::stoll(name.substr(prefix.size(), dot - prefix.size())), name.substr(dot + 1)};
}

}  // namespace

void check_options(const MixmimClassifierOptions& o) {
  check_options(static_cast<const MixmimEncoderOptions&>(o));
  check_options(static_cast<const HeadOptions&>(o));
}

void to_json(nlohmann::json& json, const MixmimClassifierOptions& o) {
  to_json(json, static_cast<const MixmimEncoderOptions&>(o));
  nlohmann::json head;
  to_json(head, static_cast<const HeadOptions&>(o));
  json.update(head);
}

void from_json(const nlohmann::json& json, MixmimClassifierOptions& o) {
  from_json(json, static_cast<MixmimEncoderOptions&>(o));
  from_json(json, static_cast<HeadOptions&>(o));
}

MixmimClassifier::MixmimClassifier(const MixmimClassifierOptions& o)
    : HierarchicalClassifier(o), options_(o) {
  check_options(o);
  encoder_.emplace(*this, o);
  norm_ = register_module("norm", std::make_shared<LayerNorm>(o.last_dim(), o.layer_norm_eps));
  register_head();
}

Tensor MixmimClassifier::encode_tokens(const Tensor& images, StageWalk& walk) const {
  Tensor x;
  {
    const at::AutoGradMode mode(at::GradMode::is_enabled() && !walk.is_frozen(0));
    x = encoder_->embed(images);
  }
  x = encoder_->run_stages(x, /*mask=*/{}, walk);  // [B, h, w, D]
  return norm_->forward(x.flatten(1, 2));          // [B, L, D]
}

BlockPart MixmimClassifier::block_part(const std::string& name) const {
  const StagePart part = stage_part(name);
  const std::string prefix = "blocks.";
  if (part.stage < 0 || !starts_with(part.rest, prefix)) return {};
  const size_t dot = part.rest.find('.', prefix.size());
  int64_t block = std::stoll(part.rest.substr(prefix.size(), dot - prefix.size()));
  for (int64_t s = 0; s < part.stage; ++s) block += options_.depths[static_cast<size_t>(s)];
  return {block, part.rest.substr(dot + 1)};
}

int64_t MixmimClassifier::layer_id(const std::string& name) const {
  if (name == "absolute_pos_embed" || starts_with(name, "patch_embed.")) return 0;
  const int64_t block = block_part(name).block;
  if (block >= 0) return block + 1;
  const StagePart part = stage_part(name);
  if (part.stage < 0) return depth();  // norm and head
  int64_t next = 0;                    // the first block of the stage behind
  for (int64_t s = 0; s <= part.stage; ++s) next += options_.depths[static_cast<size_t>(s)];
  return next + 1;
}

void MixmimClassifier::initialize(uint64_t seed) { initialize_mixmim(*this, seed); }

nlohmann::json MixmimClassifier::config() const {
  nlohmann::json json = options_;
  json["model"] = "mixmim_classifier";
  return json;
}

ClassifierKind mixmim_classifier_kind() {
  ClassifierKind kind;
  kind.model = "mixmim_classifier";
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<MixmimClassifier>(parse_model_options<MixmimClassifierOptions>(config));
  };
  kind.config_on = [](const nlohmann::json& config, const ClassifierChoices& choices) {
    MixmimClassifierOptions options;
    from_json(config, static_cast<MixmimEncoderOptions&>(options));
    static_cast<HeadOptions&>(options) = head_options(choices);
    nlohmann::json json = options;
    json["model"] = "mixmim_classifier";
    return json;
  };
  kind.take_encoder = [](const nlohmann::json&, StateDict* tensors) {
    for (const char* prefix : {"decoder_", "mask_token"}) drop_tensors(tensors, prefix);
    return std::vector<std::string>{};
  };
  kind.resize = mixmim_resize_rule();
  return kind;
}

MaskedModelKind mixmim_encoder_kind() {
  MaskedModelKind kind;
  kind.model = "mixmim_classifier";
  kind.classifier = kind.model;
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<ClassifierAsEncoder<MixmimClassifier>>(
        std::make_shared<MixmimClassifier>(parse_model_options<MixmimClassifierOptions>(config)));
  };
  kind.resize = mixmim_resize_rule();
  return kind;
}

}  // namespace mae
