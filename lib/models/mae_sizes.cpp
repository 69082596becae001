// The table of named sizes (spec 1.1). Tiny and small are the community's widths with the published
// decoder.
#include "mae/models/mae.h"

namespace mae {
namespace {

struct MaeSize {
  const char* name;
  int64_t patch, embed_dim, depth, num_heads;
};

constexpr MaeSize kMaeSizes[] = {
    {"mae-vit-tiny-patch16", 16, 192, 12, 3},   {"mae-vit-small-patch16", 16, 384, 12, 6},
    {"mae-vit-base-patch16", 16, 768, 12, 12},  {"mae-vit-large-patch16", 16, 1024, 24, 16},
    {"mae-vit-huge-patch14", 14, 1280, 32, 16},
};

nlohmann::json config_of(const MaeSize& size) {
  MaeOptions options;
  options.patch_size = {size.patch, size.patch};
  options.embed_dim = size.embed_dim;
  options.depth = size.depth;
  options.num_heads = size.num_heads;
  nlohmann::json json = options;
  json["model"] = "mae";
  return json;
}

}  // namespace

MaskedModelKind mae_kind() {
  MaskedModelKind kind;
  kind.model = "mae";
  kind.family = "mae-vit-";
  kind.classifier = "vit_classifier";
  kind.defaults = mae_defaults();
  for (const MaeSize& size : kMaeSizes) kind.named.emplace_back(size.name, config_of(size));
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<Mae>(parse_model_options<MaeOptions>(config, mae_defaults()));
  };
  return kind;
}

}  // namespace mae
