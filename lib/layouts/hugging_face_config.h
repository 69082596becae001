// config.json and preprocessor_config.json as transformers reads them.
#pragma once

#include <nlohmann/json.hpp>

namespace mae {

/// From a configuration of ours: ViTMAEForPreTraining, ViTMAEModel (no decoder) or
/// ViTForImageClassification; of models of clips VideoMAEForPreTraining, VideoMAEModel or
/// VideoMAEForVideoClassification. `extra` may hold "class_names".
nlohmann::json hugging_face_config(const nlohmann::json& config, const nlohmann::json& extra);
nlohmann::json hugging_face_preprocessor(const nlohmann::json& preprocessing, bool video = false);

}  // namespace mae
