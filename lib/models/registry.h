// Names of models and sizes to models: "mae-vit-base-patch16".
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/models/model_kind.h"

namespace mae {

/// All names --model accepts, family by family, in the order of size.
std::vector<std::string> model_names();
bool is_model_name(const std::string& name);
/// Throws UsageError listing the names when `model` begins like a name ("mae-vit-") but is none,
/// nor a file or folder.
void check_model_name(const std::string& model);
/// The configuration behind a name; throws UsageError listing the names.
nlohmann::json named_model_config(const std::string& name);

/// By "model" of a configuration. Throws UsageError listing the kinds.
const MaskedModelKind& masked_model_kind(const nlohmann::json& config);
const ClassifierKind& classifier_kind(const nlohmann::json& config);
/// The classifier that fine-tunes the encoder of this masked model or classifier.
const ClassifierKind& classifier_kind_for(const nlohmann::json& config);
bool is_classifier(const nlohmann::json& config);

/// Builds from a configuration ("model": "mae"), parameters uninitialised. Throws UsageError for an
/// unknown architecture or field.
std::shared_ptr<MaskedModel> make_masked_model(const nlohmann::json& config);
std::shared_ptr<Classifier> make_classifier_model(const nlohmann::json& config);

}  // namespace mae
