// How an architecture presents itself to the registry. A model's file returns one of these; a line
// in registry.cpp names it.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "mae/base/error.h"
#include "mae/models/classifier.h"
#include "mae/models/masked_model.h"
#include "mae/models/state_dict.h"

namespace mae {

/// How a configuration and its tensors go to pictures of another size. The default is the plain
/// vision transformer's: its position tables are interpolated.
struct ResizeRule {
  /// The configuration for img_size. May throw UsageError.
  std::function<nlohmann::json(nlohmann::json config, Size2d img_size)> config;
  /// Tensors of the configuration `from` made to fit `to`.
  std::function<void(const nlohmann::json& from, const nlohmann::json& to, StateDict* tensors)>
      tensors;
};
ResizeRule vit_resize_rule();

/// A self-supervised model, or another one that encodes as one.
struct MaskedModelKind {
  std::string model;   ///< "model" of its configuration: "mae"
  std::string family;  ///< what all names of sizes begin with: "mae-vit-"; empty: there are none
  /// Names for --model with their configurations, by size.
  std::vector<std::pair<std::string, nlohmann::json>> named;
  /// Parameters uninitialised. Throws UsageError, nlohmann's type_error.
  std::function<std::shared_ptr<MaskedModel>(const nlohmann::json& config)> make;
  ResizeRule resize = vit_resize_rule();
  /// Whether its field patch_size is the cell of the mask, which a shard's patches then become.
  bool masks_by_patch_size = true;
  bool takes_text = false;  ///< it has fields text_length and text_vocab_size for captions
  std::string classifier;   ///< kind of the classifier on its encoder
  std::vector<std::string> unused;  ///< prefixes of a checkpoint's tensors it has no place for
  /// Fields that its configuration may leave out, with what that means.
  nlohmann::json defaults = nlohmann::json::object();
};

/// What a fine-tuning run says about its classifier.
struct ClassifierChoices {
  int64_t num_classes = 1000;
  bool global_pool = true;
  double drop_path_rate = 0.1;
};

struct ClassifierKind {
  std::string model;  ///< "model" of its configuration: "vit_classifier"
  /// Parameters uninitialised. Throws UsageError, nlohmann's type_error.
  std::function<std::shared_ptr<Classifier>(const nlohmann::json& config)> make;
  /// The configuration of a classifier on the encoder of `config`, a masked model's or a
  /// classifier's.
  std::function<nlohmann::json(const nlohmann::json& config, const ClassifierChoices& choices)>
      config_on;
  /// Leaves of a masked model's or a classifier's tensors, already of the right picture size, what
  /// the classifier `config` takes over; returns the prefixes of what starts fresh. The head is
  /// the caller's.
  std::function<std::vector<std::string>(const nlohmann::json& config, StateDict* tensors)>
      take_encoder;
  ResizeRule resize = vit_resize_rule();
};

/// Options out of a configuration. Fields they do not know are refused, so that a typing error is
/// not a silent default; `defaults` has those that they know but do not always write.
/// throws UsageError
template <typename Options>
Options parse_model_options(const nlohmann::json& config,
                            const nlohmann::json& defaults = nlohmann::json::object()) {
  const nlohmann::json known = Options();
  for (const auto& [field, value] : config.items()) {
    if (field == "model" || known.contains(field) || defaults.contains(field)) continue;
    throw UsageError("a model of kind " + config.value("model", "") + " has no field '" + field +
                     "'");
  }
  try {
    return config.get<Options>();
  } catch (const nlohmann::json::exception&) {
    throw UsageError("the model's configuration has a field of the wrong type: " + config.dump());
  }
}

/// Removes the tensors whose names begin with `prefix`.
void drop_tensors(StateDict* tensors, const std::string& prefix);

}  // namespace mae
