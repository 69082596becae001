// Names of models and sizes to models: "mae-vit-base-patch16".
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/models/masked_model.h"

namespace mae {

/// All names --model accepts, in the order of size.
std::vector<std::string> model_names();
bool is_model_name(const std::string& name);
/// Throws UsageError listing the names when `model` begins like a name ("mae-vit-") but is none,
/// nor a file or folder.
void check_model_name(const std::string& model);
/// The configuration behind a name; throws UsageError listing the names.
nlohmann::json named_model_config(const std::string& name);
/// Builds from a configuration ("model": "mae"), parameters uninitialised. Throws UsageError for an
/// unknown architecture or field.
std::shared_ptr<MaskedModel> make_masked_model(const nlohmann::json& config);

}  // namespace mae
