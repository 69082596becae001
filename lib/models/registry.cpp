// The table of named sizes (spec 1.1). Tiny and small are the community's widths with the published
// decoder.
#include "mae/models/registry.h"

#include <sys/stat.h>

#include "mae/base/error.h"
#include "mae/models/mae.h"

namespace mae {
namespace {

struct NamedSize {
  const char* name;
  int64_t patch, embed_dim, depth, num_heads;
};

constexpr char kFamily[] = "mae-vit-";

constexpr NamedSize kSizes[] = {
    {"mae-vit-tiny-patch16", 16, 192, 12, 3},   {"mae-vit-small-patch16", 16, 384, 12, 6},
    {"mae-vit-base-patch16", 16, 768, 12, 12},  {"mae-vit-large-patch16", 16, 1024, 24, 16},
    {"mae-vit-huge-patch14", 14, 1280, 32, 16},
};

// Refuses fields the architecture does not know, so that a typing error is not a silent default.
void check_fields(const nlohmann::json& config, const nlohmann::json& known) {
  for (const auto& [field, value] : config.items()) {
    if (field != "model" && !known.contains(field))
      throw UsageError("a model of kind mae has no field '" + field + "'");
  }
}

}  // namespace

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const NamedSize& size : kSizes) names.emplace_back(size.name);
  return names;
}

bool is_model_name(const std::string& name) {
  for (const NamedSize& size : kSizes) {
    if (name == size.name) return true;
  }
  return false;
}

void check_model_name(const std::string& model) {
  struct stat status {};
  if (model.rfind(kFamily, 0) != 0 || ::stat(model.c_str(), &status) == 0) return;
  named_model_config(model);
}

nlohmann::json named_model_config(const std::string& name) {
  for (const NamedSize& size : kSizes) {
    if (name != size.name) continue;
    MaeOptions options;
    options.patch_size = {size.patch, size.patch};
    options.embed_dim = size.embed_dim;
    options.depth = size.depth;
    options.num_heads = size.num_heads;
    nlohmann::json json = options;
    json["model"] = "mae";
    return json;
  }
  std::string all;
  for (const std::string& known : model_names()) all += (all.empty() ? "" : ", ") + known;
  throw UsageError("unknown model '" + name + "'; expected a checkpoint file or one of " + all,
                   "--model");
}

std::shared_ptr<MaskedModel> make_masked_model(const nlohmann::json& config) {
  const std::string model = config.value("model", "");
  if (model != "mae") throw UsageError("unknown model kind '" + model + "'; expected mae");
  check_fields(config, MaeOptions());
  MaeOptions options;
  try {
    options = config.get<MaeOptions>();
  } catch (const nlohmann::json::exception&) {
    throw UsageError("the model's configuration has a field of the wrong type: " + config.dump());
  }
  return std::make_shared<Mae>(options);
}

}  // namespace mae
