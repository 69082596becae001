#include "mae/models/conv_vit_classifier.h"

#include "mae/base/text.h"
#include "mae/models/classifier_as_encoder.h"
#include "mae/models/conv_mae.h"
#include "mae/models/initialize.h"
#include "mae/models/option_checks.h"

namespace mae {
namespace {

// Checked here, since the members are built before the constructor's body.
const ConvVitClassifierOptions& checked(const ConvVitClassifierOptions& options) {
  check_options(options);
  return options;
}

}  // namespace

void check_options(const ConvVitClassifierOptions& o) {
  check_options(static_cast<const ConvVitOptions&>(o));
  check_options(static_cast<const HeadOptions&>(o));
}

void to_json(nlohmann::json& json, const ConvVitClassifierOptions& o) {
  to_json(json, static_cast<const ConvVitOptions&>(o));
  nlohmann::json head;
  to_json(head, static_cast<const HeadOptions&>(o));
  json.update(head);
}

void from_json(const nlohmann::json& json, ConvVitClassifierOptions& o) {
  from_json(json, static_cast<ConvVitOptions&>(o));
  from_json(json, static_cast<HeadOptions&>(o));
}

ConvVitClassifier::ConvVitClassifier(const ConvVitClassifierOptions& options)
    : HierarchicalClassifier(options),
      options_(checked(options)),
      trunk_(*this, options, /*learned_positions=*/true) {
  register_fc_norm(options.layer_norm_eps);
  register_head();
}

Tensor ConvVitClassifier::encode_tokens(const Tensor& images, StageWalk& walk) const {
  const ConvVitStages stages = trunk_.stages(images, walk);
  const Tensor x = trunk_.run_stage3(stages.tokens, walk);  // [B, L, D]
  trunk_.leave_maps(stages, x, walk);
  return x;
}

void ConvVitClassifier::initialize(uint64_t seed) {
  initialize_conv_mae(*this, seed);
  Tensor head = named_parameters()["head.weight"];
  fill_normal(head, 2e-5, seed, "head.weight");
}

nlohmann::json ConvVitClassifier::config() const {
  nlohmann::json json = options_;
  json["model"] = "conv_vit_classifier";
  return json;
}

BlockPart ConvVitClassifier::block_part(const std::string& name) const {
  int64_t first = 0;
  for (int stage = 0; stage < 3; ++stage) {
    const std::string prefix = "blocks" + std::to_string(stage + 1) + ".";
    if (starts_with(name, prefix)) {
      const size_t dot = name.find('.', prefix.size());
      return {first + std::stoll(name.substr(prefix.size(), dot - prefix.size())),
              name.substr(dot + 1)};
    }
    first += options_.depth[static_cast<size_t>(stage)];
  }
  return {};
}

int64_t ConvVitClassifier::layer_id(const std::string& name) const {
  if (name == "pos_embed" || starts_with(name, "patch_embed")) return 0;
  const int64_t block = block_part(name).block;
  if (block < 0) return num_layers() - 1;
  const int64_t first = options_.depth[0] + options_.depth[1];
  return block < first ? 0 : block - first + 1;
}

ClassifierKind conv_vit_classifier_kind() {
  ClassifierKind kind;
  kind.model = "conv_vit_classifier";
  kind.resize = conv_vit_resize_rule();
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<ConvVitClassifier>(
        parse_model_options<ConvVitClassifierOptions>(config));
  };
  kind.config_on = [](const nlohmann::json& config, const ClassifierChoices& choices) {
    ConvVitClassifierOptions options;
    static_cast<ConvVitOptions&>(options) = config.get<ConvVitOptions>();
    static_cast<HeadOptions&>(options) = head_options(choices);
    nlohmann::json json = options;
    json["model"] = "conv_vit_classifier";
    return json;
  };
  kind.take_encoder = [](const nlohmann::json&, StateDict* tensors) {
    for (const char* prefix : {"decoder_", "mask_token", "stage1_output_decode.",
                               "stage2_output_decode.", "norm.", "teacher.", "ema_reconstructor."})
      drop_tensors(tensors, prefix);
    return std::vector<std::string>{"fc_norm."};
  };
  return kind;
}

MaskedModelKind conv_vit_encoder_kind() {
  MaskedModelKind kind;
  kind.model = "conv_vit_classifier";
  kind.classifier = "conv_vit_classifier";
  kind.resize = conv_vit_resize_rule();
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<ClassifierAsEncoder<ConvVitClassifier>>(
        std::make_shared<ConvVitClassifier>(parse_model_options<ConvVitClassifierOptions>(config)));
  };
  return kind;
}

}  // namespace mae
