// The list of architectures: one line a model.
#include "mae/models/registry.h"

#include <sys/stat.h>

#include "mae/base/error.h"
#include "mae/base/text.h"
#include "mae/models/classifier_encoder.h"
#include "mae/models/conv_vit_classifier.h"
#include "mae/models/fast_conv_mae.h"
#include "mae/models/hivit_classifier.h"
#include "mae/models/hivit_mae.h"
#include "mae/models/m3ae.h"
#include "mae/models/m3ae_classifier.h"
#include "mae/models/mae.h"
#include "mae/models/mixmim.h"
#include "mae/models/mixmim_classifier.h"
#include "mae/models/pvt_classifier.h"
#include "mae/models/swin_classifier.h"
#include "mae/models/um_mae_pvt.h"
#include "mae/models/um_mae_swin.h"
#include "mae/models/video_classifier.h"
#include "mae/models/video_mae.h"
#include "mae/models/vit_classifier.h"

namespace mae {
namespace {

const std::vector<MaskedModelKind>& masked_models() {
  static const std::vector<MaskedModelKind> kinds = {
      mae_kind(),
      classifier_encoder_kind(),
      conv_mae_kind(),
      conv_vit_encoder_kind(),
      fast_conv_mae_kind(),
      hivit_mae_kind(),
      hivit_encoder_kind(),
      mixmim_kind(),
      mixmim_encoder_kind(),
      um_mae_pvt_kind(),
      pvt_encoder_kind(),
      um_mae_swin_kind(),
      m3ae_kind(),
      m3ae_encoder_kind(),
      swin_encoder_kind(),
      video_mae_kind(),
      video_encoder_kind(),
  };
  return kinds;
}

const std::vector<ClassifierKind>& classifiers() {
  static const std::vector<ClassifierKind> kinds = {
      vit_classifier_kind(),    conv_vit_classifier_kind(), hivit_classifier_kind(),
      mixmim_classifier_kind(), pvt_classifier_kind(),      swin_classifier_kind(),
      m3ae_classifier_kind(),
      video_classifier_kind(),
  };
  return kinds;
}

template <typename Kind>
const Kind* find_kind(const std::vector<Kind>& kinds, const std::string& model) {
  for (const Kind& kind : kinds) {
    if (kind.model == model) return &kind;
  }
  return nullptr;
}

/// All of them, since the user has to choose.
std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

template <typename Kind>
const Kind& kind_of(const std::vector<Kind>& kinds, const std::string& model) {
  if (const Kind* kind = find_kind(kinds, model)) return *kind;
  std::vector<std::string> known;
  for (const Kind& kind : kinds) known.push_back(kind.model);
  throw UsageError("unknown model kind '" + model + "'; expected " + list_of(known));
}

std::string model_of(const nlohmann::json& config) {
  const auto found = config.find("model");
  return found != config.end() && found->is_string() ? found->get<std::string>() : "";
}

const nlohmann::json* find_named(const std::string& name) {
  for (const MaskedModelKind& kind : masked_models()) {
    for (const auto& [known, config] : kind.named) {
      if (known == name) return &config;
    }
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const MaskedModelKind& kind : masked_models()) {
    for (const auto& [name, config] : kind.named) names.push_back(name);
  }
  return names;
}

bool is_model_name(const std::string& name) { return find_named(name) != nullptr; }

void check_model_name(const std::string& model) {
  struct stat status {};
  for (const MaskedModelKind& kind : masked_models()) {
    if (kind.family.empty() || !starts_with(model, kind.family)) continue;
    if (::stat(model.c_str(), &status) != 0) named_model_config(model);
  }
}

nlohmann::json named_model_config(const std::string& name) {
  if (const nlohmann::json* config = find_named(name)) return *config;
  throw UsageError("unknown model '" + name + "'; expected a checkpoint file or one of " +
                       list_of(model_names()),
                   "--model");
}

const MaskedModelKind& masked_model_kind(const nlohmann::json& config) {
  return kind_of(masked_models(), model_of(config));
}

const ClassifierKind& classifier_kind(const nlohmann::json& config) {
  return kind_of(classifiers(), model_of(config));
}

const ClassifierKind& classifier_kind_for(const nlohmann::json& config) {
  if (is_classifier(config)) return classifier_kind(config);
  return kind_of(classifiers(), masked_model_kind(config).classifier);
}

bool is_classifier(const nlohmann::json& config) {
  return find_kind(classifiers(), model_of(config)) != nullptr;
}

std::shared_ptr<MaskedModel> make_masked_model(const nlohmann::json& config) {
  return masked_model_kind(config).make(config);
}

std::shared_ptr<Classifier> make_classifier_model(const nlohmann::json& config) {
  return classifier_kind(config).make(config);
}

}  // namespace mae
