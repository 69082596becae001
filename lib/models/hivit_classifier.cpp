#include "mae/models/hivit_classifier.h"

#include "mae/base/text.h"
#include "mae/models/classifier_as_encoder.h"
#include "mae/models/hivit_mae.h"
#include "mae/models/initialize.h"
#include "mae/models/option_checks.h"

namespace mae {
namespace {

constexpr char kTable[] = "relative_position_bias_table";

// Checked here, since the members are built before the constructor's body.
const HivitClassifierOptions& checked(const HivitClassifierOptions& options) {
  check_options(options);
  return options;
}

// What a fine-tuned model has beside a pretrained one; the tables start at zero.
std::vector<std::string> fresh_tensors(const HivitOptions& options) {
  std::vector<std::string> fresh{"fc_norm.", "relative_position_index"};
  const int64_t first = 2 * options.depths[0] + 1 + 2 * options.depths[1] + 1;
  for (int64_t i = first; i < first + options.depths[2]; ++i)
    fresh.push_back("blocks." + std::to_string(i) + ".attn." + kTable);
  return fresh;
}

}  // namespace

void check_options(const HivitClassifierOptions& o) {
  check_options(static_cast<const HivitOptions&>(o));
  check_options(static_cast<const HeadOptions&>(o));
}

void to_json(nlohmann::json& json, const HivitClassifierOptions& o) {
  to_json(json, static_cast<const HivitOptions&>(o));
  nlohmann::json head;
  to_json(head, static_cast<const HeadOptions&>(o));
  json.update(head);
}

void from_json(const nlohmann::json& json, HivitClassifierOptions& o) {
  from_json(json, static_cast<HivitOptions&>(o));
  from_json(json, static_cast<HeadOptions&>(o));
}

HivitClassifier::HivitClassifier(const HivitClassifierOptions& options)
    : HierarchicalClassifier(options), options_(checked(options)), trunk_(*this, options) {
  register_fc_norm(options.layer_norm_eps);
  register_head();
}

Tensor HivitClassifier::encode_tokens(const Tensor& images, StageWalk& walk) const {
  return trunk_.run(images, {}, walk).tokens;  // [B, L, D]
}

void HivitClassifier::initialize(uint64_t seed) {
  initialize_hivit(*this, seed);
  Tensor head = named_parameters()["head.weight"];
  fill_normal(head, 2e-5, seed, "head.weight");
}

nlohmann::json HivitClassifier::config() const {
  nlohmann::json json = options_;
  json["model"] = "hivit_classifier";
  return json;
}

BlockPart HivitClassifier::block_part(const std::string& name) const {
  BlockPart part = Classifier::block_part(name);
  if (part.block >= 0) part.block = trunk_.block_of(part.block);
  return part;
}

int64_t HivitClassifier::layer_id(const std::string& name) const {
  return name == "absolute_pos_embed" ? 0 : Classifier::layer_id(name);
}

bool HivitClassifier::is_undecayed(const std::string& name) const {
  return name == "absolute_pos_embed" || ends_with(name, kTable);
}

ClassifierKind hivit_classifier_kind() {
  ClassifierKind kind;
  kind.model = "hivit_classifier";
  kind.resize = hivit_resize_rule();
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<HivitClassifier>(
        parse_model_options<HivitClassifierOptions>(with_main_depth(config)));
  };
  kind.config_on = [](const nlohmann::json& config, const ClassifierChoices& choices) {
    HivitClassifierOptions options;
    static_cast<HivitOptions&>(options) = with_main_depth(config).get<HivitOptions>();
    if (config.value("model", "") == "hivit_mae") options.rpe = true;  // spec 2.3
    static_cast<HeadOptions&>(options) = head_options(choices);
    nlohmann::json json = options;
    json["model"] = "hivit_classifier";
    return json;
  };
  kind.take_encoder = [](const nlohmann::json& config, StateDict* tensors) {
    for (const char* prefix : {"decoder_", "mask_token", "norm."}) drop_tensors(tensors, prefix);
    return fresh_tensors(config.get<HivitOptions>());
  };
  return kind;
}

MaskedModelKind hivit_encoder_kind() {
  MaskedModelKind kind;
  kind.model = "hivit_classifier";
  kind.classifier = "hivit_classifier";
  kind.resize = hivit_resize_rule();
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<ClassifierAsEncoder<HivitClassifier>>(
        std::make_shared<HivitClassifier>(parse_model_options<HivitClassifierOptions>(config)));
  };
  return kind;
}

}  // namespace mae
